import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import { exportDesiredState } from '../../src/desired-state/export.ts';
import { readDesiredState } from '../../src/desired-state/read-document.ts';
import { openService } from '../../src/open-service.ts';
import type { DesiredReservation, DesiredState } from '../../src/protocol/generated/contract.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHost } from '../support/own-host.ts';

useOwnNetwork();

const web: DesiredReservation = {
  protocol: 'tcp',
  startPort: 23_400,
  numberOfPorts: 3,
  name: 'web',
  reason: "it's #1: ü",
};

/** A service with what these documents ask for. */
async function serviceWith(...documents: DesiredState[]) {
  const service = await openService({ provider: 'ledger', host: ownHost() });
  onTestFinished(() => service.close());
  for (const document of documents) {
    const { failed } = await applyDesiredState(service, { text: JSON.stringify(document), format: 'json' });
    expect(failed).toBe(0);
  }
  return service;
}

const single = (name: string | undefined, startPort: number, protocol: 'tcp' | 'udp' = 'tcp'): DesiredReservation => ({
  protocol,
  startPort,
  ...(name !== undefined && { name }),
});

test.each(['json', 'yaml'] as const)(
  'as %s it is a document that changes nothing where it came from',
  async (format) => {
    const service = await serviceWith({ name: 'shop', reservations: [web, single('dns', 23_410, 'udp')] });
    await service.create({ protocol: 'tcp', name: 'runtime' });
    const { text, warnings } = await exportDesiredState(service, { format, document: 'shop' });
    expect(warnings).toBeUndefined();
    expect(await readDesiredState(text, format)).toEqual({
      name: 'shop',
      reservations: [web, { ...single('dns', 23_410, 'udp'), numberOfPorts: 1 }],
      exclusions: [],
    });
    expect(await applyDesiredState(service, { text, format, prune: true })).toMatchObject({
      changed: false,
      failed: 0,
    });
  },
);

test('without a document it is all that lasts, by protocol and start port', async () => {
  const service = await serviceWith(
    { name: 'shop', reservations: [single('b', 23_420), single('u', 23_400, 'udp')] },
    { name: 'other', reservations: [single('a', 23_410)] },
  );
  const { text } = await exportDesiredState(service, { format: 'yaml' });
  const { name, reservations } = parse(text) as DesiredState;
  expect([name, reservations!.map(({ name }) => name)]).toEqual(['exported', ['a', 'b', 'u']]);
});

test('env is lines that a shell reads, one name each, and says what it leaves out', async () => {
  const named = ['web-1', 'web.1', '9 lives', 'dns', '$(false)'].map((name, index) => single(name, 23_410 + index));
  const both: DesiredReservation = { protocol: ['tcp', 'udp'], startPort: 23_430, name: 'quic' };
  const service = await serviceWith({
    name: 'shop',
    reservations: [web, ...named, single('dns', 23_440, 'udp'), both, single(undefined, 23_450)],
  });
  const { text, warnings } = await exportDesiredState(service, { format: 'env', document: 'shop' });
  expect(text.split('\n')).toEqual([
    'WEB_PORT=23400',
    'WEB_PORT_RANGE=23400-23402',
    'WEB_1_PORT=23410',
    'WEB_1_TCP_PORT=23411',
    '_9_LIVES_PORT=23412',
    'DNS_PORT=23413',
    '_FALSE__PORT=23414',
    'QUIC_PORT=23430',
    'DNS_UDP_PORT=23440',
    '',
  ]);
  expect(warnings).toEqual(['tcp 23450 has no name and is left out.']);
  const echoed = execFileSync('sh', ['-euc', `${text}echo "$WEB_PORT $_9_LIVES_PORT $DNS_UDP_PORT"`], {
    encoding: 'utf8',
  });
  expect(echoed).toBe('23400 23412 23440\n');
});

test('compose publishes the ports of a service for each name', async () => {
  const service = await serviceWith({
    name: 'shop',
    reservations: [web, single('web', 23_410, 'udp'), single('constructor', 23_420)],
  });
  const { text } = await exportDesiredState(service, { format: 'compose' });
  expect(text).toBe(`services:
  web:
    ports:
      - "23400-23402:23400-23402/tcp"
      - "23410:23410/udp"
  constructor:
    ports:
      - "23420:23420/tcp"
`);
});

test('devcontainer forwards TCP ports with their names as labels', async () => {
  const service = await serviceWith({
    name: 'shop',
    reservations: [web, single('dns', 23_410, 'udp'), single(undefined, 23_420)],
  });
  const { text, warnings } = await exportDesiredState(service, { format: 'devcontainer' });
  expect(JSON.parse(text)).toEqual({
    forwardPorts: [23_400, 23_401, 23_402, 23_420],
    portsAttributes: { '23400-23402': { label: 'web' } },
  });
  expect(warnings).toEqual(['udp 23410 is left out: a dev container forwards TCP alone.']);
});

test('names that readers of YAML 1.1 would take for something else are quoted', async () => {
  const names = ['no', 'Off', '2020-01-01', '010', '12:30', 'web'];
  const service = await serviceWith({
    name: 'old',
    reservations: names.map((name, index) => single(name, 23_400 + index)),
  });
  const inYaml11 = (text: string) => parse(text, { version: '1.1' });
  const { text } = await exportDesiredState(service, { format: 'yaml' });
  expect(inYaml11(text).reservations.map(({ name }: DesiredReservation) => name)).toEqual(names);
  const compose = await exportDesiredState(service, { format: 'compose' });
  const services = parse(compose.text, { version: '1.1', mapAsMap: true }).get('services');
  expect([...services.keys()]).toEqual(names.map((name) => name.replace(':', '-')));
});

test.each(['yaml', 'env'] as const)('warns that there is nothing of the document, in %s too', async (format) => {
  const service = await serviceWith({ name: 'shop', reservations: [web] });
  const { warnings } = await exportDesiredState(service, { format, document: 'shpo' });
  expect(warnings).toEqual(['Nothing here is of the document "shpo".']);
});

test('as systemd-socket it is a unit for each name, with all its ports', async () => {
  const service = await serviceWith({
    name: 'shop',
    reservations: [web, { protocol: ['tcp', 'udp'], startPort: 23_410, name: 'dns / 1' }, single(undefined, 23_420)],
  });
  const { text, warnings } = await exportDesiredState(service, { format: 'systemd-socket' });
  const units = text.split(/^(?=# )/m);
  expect(units.map((unit) => /^# (\S+),/.exec(unit)![1])).toEqual([
    '/etc/systemd/system/web.socket',
    '/etc/systemd/system/dns-1.socket',
  ]);
  expect(units[0]).toContain(
    '\n[Socket]\nListenStream=23400\nListenStream=23401\nListenStream=23402\nBindIPv6Only=both\n',
  );
  expect(units[1]).toContain('ListenStream=23410\nListenDatagram=23410\n');
  expect(warnings).toEqual(['tcp 23420 has no name and is left out.']);
});
