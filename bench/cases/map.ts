import { readFileSync } from 'node:fs';
import { thisHost } from '../../src/host.ts';
import { render } from '../../src/map/render.ts';
import { sockDiag } from '../../src/native/linux/sock-diag.ts';
import { openService } from '../../src/open-service.ts';
import { portSockets } from '../../src/providers/sockets/port-sockets.ts';
import { only } from '../../test/support/only.ts';
import { type Case, median, paired, timed } from '../measure.ts';
import { environment, scatteredListeners } from '../support.ts';

const host = { ...thisHost(), env: environment() };

const readTables = () => {
  for (const table of ['tcp', 'tcp6']) readFileSync(`/proc/net/${table}`);
};

const allPorts: Case = {
  name: 'all TCP ports with owners, 600 listeners',
  async run() {
    const servers = await scatteredListeners(600, 10_000, 33);
    const service = await openService({ host });
    const look = async () => {
      const { counts } = only(await service.map({ protocol: 'tcp' }));
      if (counts.listening < servers.length) throw new Error(`only ${counts.listening} listeners on the map`);
    };
    const measured = await paired(20, look, readTables);
    await service.close();
    for (const server of servers) server.close();
    return [{ name: this.name, ...measured, floor: 'one read of /proc/net/tcp{,6}', aim: '<= 2' }];
  },
};

const picture: Case = {
  name: 'map SVG of 3000 listeners',
  async run() {
    const servers = await scatteredListeners(3000, 10_000, 11);
    const service = await openService({ host });
    const map = only(await service.map({ protocol: 'tcp' }));
    await service.close();
    for (const server of servers) server.close();
    let size = 0;
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const draw = () => {
        size = Buffer.byteLength(render(map, { format: 'svg' }));
      };
      times.push(await timed(draw));
    }
    const name = `${this.name}, ${Math.round(size / 1000)} KB`;
    return [{ name, milliseconds: median(times), aim: '< 200 KB, < 100 ms' }];
  },
};

const onePort: Case = {
  name: 'port/inspect of one port',
  async run() {
    const service = await openService({ host });
    const sockets = await portSockets();
    const port = 20_003;
    const look = () => service.inspect({ protocol: ['tcp'], ranges: [{ startPort: port, numberOfPorts: 1 }] });
    const kernel = await sockDiag();
    const floor = () => {
      for (let probe = 0; probe < 3; probe++) sockets.isInUse('tcp', port);
      kernel.visit('tcp', 0, () => {});
    };
    const measured = await paired(40, look, floor);
    await service.close();
    return [{ name: this.name, ...measured, floor: 'three binds and one socket dump', aim: '<= 1.5' }];
  },
};

export const mapCases: Case[] = [allPorts, picture, onePort];
