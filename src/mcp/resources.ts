import type { Protocol } from '../protocol/generated/contract.ts';
import type { CallOptions } from '../service/call-options.ts';
import type { PortService } from '../service/port-service.ts';
import { resources } from './generated/contract.ts';
import { told } from './toolbox.ts';

const mapUri = /^ports:\/\/map\/(tcp|udp)\.svg$/;

async function textOf(service: PortService, uri: string, options: CallOptions): Promise<string> {
  const protocol = mapUri.exec(uri)?.[1] as Protocol | undefined;
  if (protocol) return (await service.map({ protocol, render: { format: 'svg' } }, options)).maps[0]!.text!;
  const { reservations, warnings } = await service.list();
  return JSON.stringify({ reservations: reservations.map(told), ...(warnings && { warnings }) });
}

/** What is read of a resource that there is. */
export async function readResource(service: PortService, uri: string, options: CallOptions) {
  const { mimeType } = resources.find((one) => one.uri === uri)!;
  return { contents: [{ uri, mimeType, text: await textOf(service, uri, options) }] };
}
