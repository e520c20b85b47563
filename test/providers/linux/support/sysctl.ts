import type { PortRange, Protocol, Reservation } from '../../../../src/protocol/generated/contract.ts';
import type { Provider } from '../../../../src/providers/provider.ts';
import { recordOf } from '../../../support/machine.ts';
import { type Namespace, openNamespace } from '../../../support/namespace.ts';
import type { ProviderProcess } from '../../../support/provider-process.ts';

export const liveFile = '/proc/sys/net/ipv4/ip_local_reserved_ports';
export const folder = '/etc/sysctl.d';
export const ownFile = `${folder}/zz-port-reservation.conf`;
/** What is excluded until the next restart. */
export const passingFile = '/run/port-reservation/excluded';

const lockName = 'zz-port-reservation.conf.lock';

/** What sets the kernel's list when a machine starts. */
export const bootTools = ['/usr/lib/systemd/systemd-sysctl', 'sysctl --system'];

/** A namespace with a linux provider, and short ways to its list and files. */
export interface Lab extends ProviderProcess {
  readonly namespace: Namespace;
  sh: Namespace['sh'];
  /** The live list as the kernel writes it. */
  live(): string;
  setLive(list: string): void;
  /** Adds a list of any length, as another program would. */
  addLive(list: string): void;
  /** The file's text, or an empty string where there is none. */
  read(file: string): string;
  write(file: string, text: string): void;
  /** The names in /etc/sysctl.d. */
  files(): string[];
  /** What our file sets the list to. */
  ownValue(): string | undefined;
  /** Live list and all files: all that may change. */
  everything(): { live: string; files: Record<string, string> };
}

export async function openLab(): Promise<Lab> {
  const namespace = await openNamespace();
  const { sh } = namespace;
  const live = () => sh(`cat ${liveFile}`).trim();
  const read = (file: string) => sh(`cat ${file} 2>/dev/null || true`);
  // A killed process leaves the file of its lock, which says nothing.
  const files = () =>
    sh(`ls -A ${folder}`)
      .split('\n')
      .filter((name) => name && name !== lockName);
  return {
    ...(await namespace.start()),
    namespace,
    sh,
    live,
    setLive: (list) => void sh(`echo '${list}' > ${liveFile}`),
    addLive: (list) =>
      void sh(`node -e "
        const fs = require('fs'), file = fs.openSync('${liveFile}', 'r+');
        const entries = '${list}'.split(',');
        while (entries.length) fs.writeSync(file, entries.splice(0, 600).join(',') + ',', 1);
      "`),
    read,
    write: (file, text) => void sh(`cat > ${file} <<'END'\n${text}\nEND`),
    files,
    ownValue: () => /^net\.ipv4\.ip_local_reserved_ports = (.*)$/m.exec(read(ownFile))?.[1],
    everything: () => ({
      live: live(),
      files: Object.fromEntries(files().map((name) => [name, read(`${folder}/${name}`)])),
    }),
  };
}

/** As many entries that do not merge, from this port up. */
export const scattered = (count: number, from: number): string =>
  Array.from({ length: count }, (_, index) => from + index * 2).join(',');

export const ports = (startPort: number, numberOfPorts = 10): PortRange => ({ startPort, numberOfPorts });

/** A persistent reservation's record. */
export const persistent = (provider: Provider, protocol: Protocol, range: PortRange): Reservation =>
  recordOf(provider, { lifetime: 'persistent', protocol, range });

/** Claims and settles one more persistent reservation, as the service does. */
export async function reserve(
  provider: Provider,
  range: PortRange,
  { protocol = 'tcp', before = [] }: { protocol?: Protocol; before?: readonly Reservation[] } = {},
): Promise<Reservation> {
  const record = persistent(provider, protocol, range);
  await provider.claim({ lifetime: 'persistent', protocol, range });
  await provider.settle([...before, record]);
  return record;
}
