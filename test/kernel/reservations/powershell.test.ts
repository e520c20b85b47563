import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { powershellCommand, scriptEnvironment } from '../../../tools/powershell.mjs';
import { helpers, moduleFolder, quoted } from '../../powershell/module-session.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GatedMachine } from './support/gated-machine.ts';

const nobody = 65_534;

describe.skipIf(noGate)(gateTitle('the cmdlets, with what the kernel enforces'), () => {
  let at: GatedMachine;
  let command: string[];
  beforeAll(async () => {
    at = await GatedMachine.open();
    // Other users may not look into root's packages.
    const packages = join(at.folder, 'packages');
    mkdirSync(packages);
    const [program, dll, ...options] = powershellCommand();
    const isTool = dll?.endsWith('pwsh.dll');
    if (isTool) at.sh(`mount --bind '${dirname(dll!)}' '${packages}'`);
    command = isTool ? [program!, join(packages, 'pwsh.dll'), ...options] : powershellCommand();
  });
  beforeEach(() => at.reset());
  afterAll(() => at?.close());

  /** Runs a script and gives what it reports. */
  async function powershell(script: string, userId?: number) {
    const whole = `${helpers}\nImport-Module ${quoted(moduleFolder)}\n${script}`;
    const env = { ...at.systemEnv, ...scriptEnvironment };
    const { stdout, stderr } = await at.run([...command, '-Command', whole], {
      env,
      ...(userId !== undefined && { userId }),
    });
    const line = stdout.split('\n').find((one) => one.startsWith('REPORT '));
    if (!line || stderr) throw new Error(`${stdout}${stderr}`);
    return JSON.parse(line.slice('REPORT '.length));
  }

  test('reserve, bind sockets by the token, prove it, and free', async () => {
    const seen = await powershell(`
      $web = New-PortReservation 21040 -NumberOfPorts 3 -Persistent -Enforcement Kernel -AllowPrivileged -Name web
      $plain = try { [System.Net.Sockets.TcpListener]::new([ipaddress]::Any, 21040).Start(); 'bound' }
        catch { $_.Exception.GetBaseException().SocketErrorCode }
      $socket = $web | New-PortReservationSocket
      $mine = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
      $web | Connect-PortReservation -Socket $mine
      $mine.Bind([System.Net.IPEndPoint]::new([ipaddress]::Any, 21042))
      $mine.Listen(1)
      $usable = Test-PortReservation -Name web -Probe
      $third = $web | New-PortReservationSocket
      $bound = $socket.LocalEndPoint.Port, $third.LocalEndPoint.Port
      $web | New-PortReservationSocket -ErrorAction SilentlyContinue -ErrorVariable failed
      $left = Test-PortReservation -Name web -Probe
      $socket, $mine, $third | ForEach-Object { $_.Dispose() }
      Remove-PortReservation web
      Report @{ enforcement = $web.Enforcement; allow = "$($web.Allow.User)"; privileged = $web.Allow.Privileged
        plain = $plain; ports = $bound; usable = $usable; left = $left
        failed = @($failed.FullyQualifiedErrorId) }`);
    expect(seen).toEqual({
      enforcement: 'Kernel',
      allow: '',
      privileged: true,
      plain: 'AddressAlreadyInUse',
      ports: [21_040, 21_041],
      usable: true,
      left: false,
      failed: ['PortInUse,New-PortReservationSocket'],
    });
    expect([await at.bind(21_040), at.pins()]).toEqual(['bound', '']);
  });

  test('let the user use what is for the user, and nothing else', async () => {
    await powershell(`
      $null = New-PortReservation 21040 -Persistent -Enforcement Kernel -Name secret
      $mine = New-PortReservation 21050 -Persistent -Enforcement Kernel -AllowUser nobody -Name mine
      Report @{}`);
    const seen = await powershell(
      `$mine = Get-PortReservation mine
      $port = ($mine | New-PortReservationSocket).LocalEndPoint.Port
      Get-PortReservation secret | New-PortReservationSocket -ErrorAction SilentlyContinue -ErrorVariable failed
      Report @{ port = $port; allow = "$($mine.Allow)"; userId = [int] $mine.Allow.UserId; failed = @($failed.FullyQualifiedErrorId)
        tokens = @(@(Get-PortReservation).Where({ $_.Token }).Name) }`,
      nobody,
    );
    expect(seen).toEqual({
      port: 21_050,
      allow: 'nobody',
      userId: nobody,
      failed: ['AccessDenied,New-PortReservationSocket'],
      tokens: ['mine'],
    });
  });
});
