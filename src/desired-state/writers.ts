import type { DesiredState, PortRange } from '../protocol/generated/contract.ts';
import { endPort, formatPorts, formatRange, sameRange } from '../protocol/ranges.ts';
import { type DesiredItem, itemsOf } from './items.ts';
import { forAllReaders, loadYaml } from './parse-yaml.ts';

/** What was written, and what could not be, one sentence each. */
export interface Exported {
  text: string;
  warnings?: string[];
}

const reservationsOf = (document: DesiredState) => itemsOf(document).filter(({ kind }) => kind === 'reservation');

const portsOf = ({ protocols, range }: DesiredItem) => formatPorts(protocols[0]!, range);

/**
 * Lines such as `WEB_PORT=21040` for a shell, an EnvironmentFile of systemd or an env_file of Compose; of a block also
 * `WEB_PORT_RANGE=21040-21042`. TCP and UDP ports of one name that are not the same get `WEB_UDP_PORT`.
 */
export function toEnv(document: DesiredState): Exported {
  const values = new Map<string, PortRange>();
  const warnings: string[] = [];
  for (const item of reservationsOf(document)) {
    if (item.label.name === undefined) {
      warnings.push(`${portsOf(item)} has no name and is left out.`);
      continue;
    }
    const word = variableOf(item.label.name);
    const isFree = (name: string) => sameRange(values.get(name) ?? item.range, item.range);
    const name = [`${word}_PORT`, `${word}_${item.protocols[0]!.toUpperCase()}_PORT`].find(isFree);
    if (name) values.set(name, item.range);
    else warnings.push(`${portsOf(item)} "${item.label.name}" is left out: ${word}_PORT is another's.`);
  }
  const lines = [...values].flatMap(([name, range]) => {
    const isBlock = range.numberOfPorts > 1;
    return [`${name}=${range.startPort}`, ...(isBlock ? [`${name}_RANGE=${formatRange(range)}`] : [])];
  });
  return { text: lines.map((line) => `${line}\n`).join(''), warnings };
}

function variableOf(name: string): string {
  const word = name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  return /^[0-9]/.test(word) ? `_${word}` : word;
}

/** A Compose file that publishes the ports, each under its own number, of a service for each name. */
export async function toCompose(document: DesiredState): Promise<Exported> {
  const services = new Map<string, { ports: string[] }>();
  const warnings: string[] = [];
  for (const item of reservationsOf(document)) {
    const service = item.label.name?.replace(/[^A-Za-z0-9._-]+/g, '-');
    if (service === undefined) {
      warnings.push(`${portsOf(item)} has no name and is left out.`);
      continue;
    }
    const { ports } = services.get(service) ?? { ports: [] };
    services.set(service, { ports });
    const range = formatRange(item.range);
    ports.push(`${range}:${range}/${item.protocols[0]}`);
  }
  const { stringify } = await loadYaml();
  const options = { ...forAllReaders, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const;
  return { text: stringify({ services }, options), warnings };
}

/** The most ports of a block that are written one by one. */
const mostForwarded = 100;

/** The forwardPorts and portsAttributes of a devcontainer.json, which knows TCP alone. */
export function toDevcontainer(document: DesiredState): Exported {
  const forwardPorts: number[] = [];
  const portsAttributes: Record<string, { label: string }> = {};
  const warnings: string[] = [];
  for (const item of reservationsOf(document)) {
    if (item.protocols[0] === 'udp') {
      warnings.push(`${portsOf(item)} is left out: a dev container forwards TCP alone.`);
      continue;
    }
    const { startPort, numberOfPorts } = item.range;
    const last = Math.min(endPort(item.range), startPort + mostForwarded - 1);
    for (let port = startPort; port <= last; port++) forwardPorts.push(port);
    if (numberOfPorts > mostForwarded) {
      warnings.push(`${portsOf(item)}: the first ${mostForwarded} ports alone are forwarded.`);
    }
    if (item.label.name !== undefined) portsAttributes[formatRange(item.range)] = { label: item.label.name };
  }
  return { text: `${JSON.stringify({ forwardPorts, portsAttributes }, null, 2)}\n`, warnings };
}

/** The document as JSON. */
export const toJson = (document: DesiredState): Exported => ({ text: `${JSON.stringify(document, null, 2)}\n` });

/** The document as YAML. */
export async function toYaml(document: DesiredState): Promise<Exported> {
  const { stringify } = await loadYaml();
  return { text: stringify(document, { ...forAllReaders, aliasDuplicateObjects: false, lineWidth: 0 }) };
}
