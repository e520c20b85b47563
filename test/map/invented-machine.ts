import type { PortHolder, PortRange, ProtocolMap, Reservation } from '../../src/protocol/generated/contract.ts';
import type { FoundHolder } from '../../src/providers/provider.ts';
import { type MapInput, portMap } from '../../src/service/ports/map.ts';

const between = (first: number, last = first): PortRange => ({ startPort: first, numberOfPorts: last - first + 1 });

const listener = (processName: string, processId: number, user = 'SYSTEM'): PortHolder => ({
  state: 'listening',
  addresses: ['0.0.0.0'],
  processName,
  processId,
  user,
});

const reserved = (facts: Partial<Reservation>): Reservation => ({
  protocol: 'tcp',
  range: between(1),
  token: '13835058055282163712',
  lifetime: 'persistent',
  enforcement: 'kernel',
  provider: 'windows',
  owner: { user: 'ada' },
  createdAt: '2026-01-02T03:04:05.678Z',
  ...facts,
});

/** Numbers that look random and are the same each time. */
function* scattered(first: number, last: number, count: number): Generator<number> {
  let seed = 7;
  for (let index = 0; index < count; index++) {
    seed = (seed * 48_271) % 2_147_483_647;
    yield first + (seed % (last - first + 1));
  }
}

const servers: [ports: number[], process: PortHolder][] = [
  [[135], listener('svchost.exe', 1044)],
  [[139, 445, 5357], listener('System', 4)],
  [[2179], listener('vmms.exe', 3120)],
  [[3000, 24678], listener('node.exe', 15_320, 'ada')],
  [[3306], listener('mysqld.exe', 5612)],
  [[3389], listener('svchost.exe', 1312)],
  [[5040], listener('svchost.exe', 7788)],
  [[5432], listener('postgres.exe', 6044)],
  [[6379], listener('redis-server.exe', 6310)],
  [[7680], listener('svchost.exe', 9112)],
  [[8080, 8443], listener('java.exe', 11_840, 'ada')],
  [[9229], listener('node.exe', 15_320, 'ada')],
  [[11_434], listener('ollama.exe', 12_004, 'ada')],
  [[27_015, 27_016], listener('srcds.exe', 13_377, 'ada')],
  [[30_000, 30_001, 30_002], listener('agent.exe', 2980)],
  [[47_001], listener('System', 4)],
  [[49_664], listener('lsass.exe', 812)],
  [[49_665], listener('wininit.exe', 704)],
  [[49_666, 49_667], listener('svchost.exe', 1544)],
  [[49_669], listener('spoolsv.exe', 2404)],
];

/** The developer's machine of the README: the dynamic range begins too low, so WinNAT took 5141-5240, with 5173 in it. */
const excluded = { protocol: 'tcp', store: 'active', source: 'netsh', administered: true, own: false } as const;

export function inventedMachine(): ProtocolMap {
  const holders = new Map<number, FoundHolder[]>();
  const browser: PortHolder = { ...listener('chrome.exe', 9876, 'ada'), state: 'connected' };
  const kept = [1562, 1662, 1762, 2869, 5041, 5141, 5241, 8884, 12_291, 12_391, 12_491, 12_591];
  for (const port of scattered(5400, 14_900, 70)) {
    if (!kept.some((first) => first <= port && port <= first + 99)) holders.set(port, [{ holder: browser }]);
  }
  for (const [ports, holder] of servers) for (const port of ports) holders.set(port, [{ holder }]);
  const present: MapInput = {
    holders,
    exclusions: [
      ...kept.map((first) => ({ ...excluded, range: between(first, first + 99), administered: false })),
      { ...excluded, range: between(50_000, 50_059) },
    ],
    dynamicRange: between(1024, 15_000),
    warnings: [],
  };
  return portMap('tcp', present, [
    reserved({ range: between(21_040, 21_049), name: 'web', reason: 'integration tests', lifetime: 'runtime' }),
    reserved({ range: between(27_015, 27_064), name: 'game servers', reason: 'a fleet of fifty' }),
    reserved({ range: between(30_000, 30_199), name: 'build agents', owner: { user: 'grace' } }),
  ]);
}

/** A Linux server with what the other one has not: privileged ports, processes that cannot be seen, evil names. */
export function inventedServer(): ProtocolMap {
  const hidden: PortHolder = { state: 'listening', addresses: ['::'], user: 'postgres' };
  const evil = 'x\u001b[2J<b>&\u202eab';
  const holders = new Map<number, FoundHolder[]>([
    [22, [{ holder: listener('sshd', 801, 'root') }]],
    [80, [{ holder: listener('nginx', 900, 'www') }]],
    [443, [{ holder: listener('nginx', 900, 'www') }]],
    [5432, [{ holder: hidden }]],
    [8080, [{ holder: listener(evil, 31_337, 'ada') }]],
    [40_001, [{ holder: { state: 'closing', addresses: ['10.0.0.1'] } }]],
    ...Array.from({ length: 40 }, (_, index): [number, FoundHolder[]] => [
      9100 + 7 * index,
      [{ holder: listener(`exporter-${index}`, 2000 + index, 'metrics') }],
    ]),
  ]);
  const listed = { ...excluded, source: 'net.ipv4.ip_local_reserved_ports' };
  const present: MapInput = {
    holders,
    exclusions: [
      { ...listed, range: between(35_000, 35_099) },
      { ...listed, range: between(50_000) },
    ],
    dynamicRange: between(32_768, 60_999),
    firstUnprivilegedPort: 1024,
    warnings: [],
  };
  return portMap('tcp', present, [
    reserved({
      range: between(35_050, 35_059),
      name: 'Prüfstand 試験',
      enforcement: 'ephemeralOnly',
      provider: 'linux',
    }),
    reserved({ range: between(65_535), reason: evil, lifetime: 'runtime', owner: { user: 'ada', processId: 4711 } }),
  ]);
}
