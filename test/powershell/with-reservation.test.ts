import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModuleSession, quoted } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

const left = '@(Get-PortReservation).Count';
const variables = `@([System.Environment]::GetEnvironmentVariables().Keys | Where-Object { $_ -cmatch '^(PORT|WEB)(_\\d|_RANGE|$)' })`;

describe('Invoke-WithPortReservation', () => {
  it('tells the script block and programs their ports, gives what it gives, and leaves all as it was', async () => {
    const seen = await session.run(`
      $env:PORT_1 = 'mine'
      $given = Invoke-WithPortReservation -NumberOfPorts 2 -Name web -Reason why {
        param($web)
        $web
        @{ port = $env:PORT; ports = $env:PORT_0, $env:PORT_1; range = $env:PORT_RANGE; names = ${variables}.Count
          listed = (Get-PortReservation web).StartPort }
      }
      $r, $inside = $given
      Report @{ start = $r.StartPort; end = $r.EndPort; reason = $r.Reason; inside = $inside; left = ${left}
        after = $env:PORT_1; names = ${variables} }`);
    const { start, end } = seen;
    expect(seen).toMatchObject({ reason: 'why', left: 0, after: 'mine', names: ['PORT_1'] });
    const ports = [`${start}`, `${end}`];
    expect(seen.inside).toEqual({ port: ports[0], ports, range: ports.join('-'), names: 4, listed: start });
    await session.run('$env:PORT_1 = $null; Report @{}');
  });

  it.skipIf(process.platform === 'win32')('lets a server that the script block starts listen', async () => {
    const server =
      "require('net').createServer().listen(process.env.PORT, function () { console.log('listens'); this.close(); })";
    const seen = await session.run(`
      $yields = Invoke-WithPortReservation { & ${quoted(process.execPath)} -e ${quoted(server)} }
      $strict = Invoke-WithPortReservation -Hold Strict {
        param($r)
        $socket = $r | New-PortReservationSocket
        $socket.LocalEndPoint.Port -eq $r.StartPort
        $socket.Dispose()
      }
      Report @{ yields = $yields; strict = $strict }`);
    expect(seen).toEqual({ yields: 'listens', strict: true });
  });

  it('reserves in both protocols, under names of the caller, and passes an argument for each', async () => {
    const seen = await session.run(`
      $given = Invoke-WithPortReservation -Protocol Tcp, Udp -EnvironmentPrefix WEB -StartPort 21950 {
        param($tcp, $udp)
        $tcp.Protocol, $udp.Protocol, $env:WEB, $env:WEB_0, $env:WEB_RANGE, "$env:PORT"
      }
      Report @{ given = $given; left = ${left} }`);
    expect(seen).toEqual({ given: ['Tcp', 'Udp', '21950', '21950', '21950-21950', ''], left: 0 });
  });

  it('frees the ports when the script block throws, and the error is its own', async () => {
    const seen = await session.run(`
      try { Invoke-WithPortReservation { throw 'no luck' } } catch { $message = "$_" }
      Report @{ message = $message; left = ${left}; names = ${variables} }`);
    expect(seen).toEqual({ message: 'no luck', left: 0, names: [] });
  });

  it('does not run the script block where the ports cannot be had, or with -WhatIf', async () => {
    const seen = await session.run(`
      $taken = New-PortReservation
      Invoke-WithPortReservation -StartPort $taken.StartPort { $script:ran = $true } -ErrorAction SilentlyContinue -ErrorVariable failed
      Invoke-WithPortReservation -WhatIf { $script:ran = $true } > $null
      Report @{ failed = Get-Facts $failed; ran = "$script:ran"; left = ${left} }`);
    expect(seen).toMatchObject({ failed: [{ id: expect.stringMatching(/^RangeReserved/) }], ran: '', left: 1 });
  });

  it.skipIf(process.platform === 'win32')(
    'sets nothing for good when Ctrl+C comes while it sets thousands',
    async () => {
      const run = session.powershell.run(`
      $watch = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript({
        do { $set = 0..99 | Where-Object { [System.Environment]::GetEnvironmentVariable("PORT_$_") } } until ($set)
        [Console]::Out.WriteLine('sets')
      })
      $null = $watch.BeginInvoke()
      Invoke-WithPortReservation -NumberOfPorts 8000 -Protocol Udp -Within 2000-65000 -Hold None { }`);
      await session.powershell.sees('sets');
      session.powershell.interrupt();
      await run;
      expect(await session.run(`$watch.Dispose(); Report @{ left = ${left}; names = ${variables} }`)).toEqual({
        left: 0,
        names: [],
      });
    },
  );

  it('takes it that the script block removes the reservation itself', async () => {
    const seen = await session.run(`
      Invoke-WithPortReservation { param($r) $r | Remove-PortReservation } -ErrorVariable failed
      Report @{ failed = Get-Facts $failed; left = ${left} }`);
    expect(seen).toEqual({ failed: [], left: 0 });
  });

  it('starts no worker for the release where the script block stopped it', async () => {
    const seen = await session.run(`
      Invoke-WithPortReservation { Stop-PortReservationWorker } -ErrorVariable failed
      Report @{ failed = Get-Facts $failed; worker = $null -ne (& (Get-Module PortReservation) { $script:Session.Worker }) }`);
    expect(seen).toEqual({ failed: [], worker: false });
  });

  it.skipIf(process.platform === 'win32')('frees the ports on Ctrl+C', async () => {
    const run = session.powershell.run(`
      Invoke-WithPortReservation { [Console]::Out.WriteLine("runs $env:PORT"); while ($true) { [Threading.Thread]::Sleep(10) } }
      [Console]::Out.WriteLine('not here')`);
    await session.powershell.sees('runs ');
    session.powershell.interrupt();
    expect((await run).stdout).not.toContain('not here');
    expect(await session.run(`Report @{ left = ${left}; names = ${variables} }`)).toEqual({ left: 0, names: [] });
  });
});
