import type { DesiredState } from '../protocol/generated/contract.ts';
import { endPort, formatPorts } from '../protocol/ranges.ts';
import { itemsOf } from './items.ts';
import type { Exported } from './writers.ts';

/** The most ports of a range that a unit listens on one by one. */
const mostPorts = 100;

const listen = { tcp: 'ListenStream', udp: 'ListenDatagram' } as const;

/**
 * Socket units, one for each name: systemd holds the ports from boot on and gives them to the service of that name, so that
 * nobody else has them even while it is restarted.
 */
export function toSystemdSocket(document: DesiredState): Exported {
  const units = new Map<string, string[]>();
  const warnings: string[] = [];
  for (const { kind, label, protocols, range } of itemsOf(document)) {
    if (kind !== 'reservation') continue;
    const protocol = protocols[0]!;
    const ports = formatPorts(protocol, range);
    const unit = label.name?.replace(/[^A-Za-z0-9:_.-]+/g, '-').replace(/^[-.]+/, '');
    if (!unit) {
      warnings.push(`${ports} has no name and is left out.`);
      continue;
    }
    if (range.numberOfPorts > mostPorts) warnings.push(`${ports}: the first ${mostPorts} ports alone are listened on.`);
    const last = Math.min(endPort(range), range.startPort + mostPorts - 1);
    const lines = units.get(unit) ?? [];
    units.set(unit, lines);
    for (let port = range.startPort; port <= last; port++) lines.push(`${listen[protocol]}=${port}`);
  }
  const text = [...units].map(
    ([unit, lines]) => `# /etc/systemd/system/${unit}.socket, which starts ${unit}.service

[Unit]
Description=Ports of ${unit}

[Socket]
${lines.join('\n')}
BindIPv6Only=both

[Install]
WantedBy=sockets.target
`,
  );
  return { text: text.join('\n'), warnings };
}
