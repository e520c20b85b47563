import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerScript } from './caller.ts';
import { describeInLab, windowsPath } from './lab.ts';
import { freeBlock } from './ports.ts';
import { Lab } from './run.ts';

// What a PowerShell user does in process: the kernel is in .NET's sockets without the script knowing of it.
const script = `
param([string] $Token, [int] $Port)
$associate = -1744830362
function Code([scriptblock] $Action) {
  try { $null = & $Action; 0 } catch { $_.Exception.GetBaseException().ErrorCode }
}
$codes = [System.Collections.Generic.List[string]]::new()
$plain = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
$inside = [System.Net.IPEndPoint]::new([System.Net.IPAddress]::Loopback, $Port)
$codes.Add((Code { $plain.Bind($inside) }))
$socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
$codes.Add((Code { $socket.IOControl($associate, [BitConverter]::GetBytes([uint64] 77), $null) }))
$codes.Add((Code { $socket.IOControl($associate, [BitConverter]::GetBytes([uint64] $Token), $null) }))
$codes.Add((Code { $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Loopback, 0)) }))
if ($socket.IsBound) {
  $socket.Listen()
  $client = [System.Net.Sockets.TcpClient]::new('127.0.0.1', $socket.LocalEndPoint.Port)
  $accepted = $socket.Accept()
  $null = $accepted.Send([byte[]] (80, 82))
  $codes.Add("$($client.GetStream().ReadByte()) $($socket.LocalEndPoint.Port)")
}
$codes.Add([Environment]::IsPrivilegedProcess)
[string]::Join(',', $codes)
`;

describeInLab('simulated kernel: in the PowerShell engine', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open();
  });
  afterAll(() => lab.close());

  test.each([
    [true, (port: number) => `10013,10022,0,0,80 ${port},True`],
    [false, () => '10013,10022,10013,0,80 .+,False'],
  ])('IOControl, Bind, Listen and Accept keep its rules (elevated: %s)', async (elevated, expected) => {
    const machine = lab.machine();
    const admin = await machine.caller({ elevated: true });
    const start = await freeBlock(1);
    const { token } = await admin.call('create', 'tcp', start, 1);
    const run = await machine.run({ runtime: 'powershell', code: script, args: [token!, `${start}`], elevated });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout.trim()).toMatch(new RegExp(`^${expected(start)}$`));
    await admin.kill();
  });

  test('a Windows Node that PowerShell starts is a process of the same machine', async () => {
    const machine = lab.machine();
    const start = await freeBlock(2);
    const code = `
      $info = [System.Diagnostics.ProcessStartInfo]::new($args[0], [string]::Format('"{0}"', $args[1]))
      $info.RedirectStandardInput = $true
      $info.RedirectStandardOutput = $true
      $node = [System.Diagnostics.Process]::Start($info)
      $node.StandardInput.WriteLine('{"name":"create","args":["udp",${start},2]}')
      $node.StandardInput.Close()
      $node.StandardOutput.ReadToEnd()
      $node.WaitForExit()`;
    const caller = await machine.caller();
    const args = [windowsPath(lab.paths.node22), windowsPath(callerScript)];
    const run = await machine.run({ runtime: 'powershell', code, args, elevated: true });
    expect(run.stderr).toBe('');
    const { token } = JSON.parse(run.stdout).result;
    expect(await caller.call('lookup', 'udp', start, 2)).toEqual({ code: 0, token });
    await caller.kill();
  });

  test('the exit code and the error output of a script come back', async () => {
    const run = await lab.machine().run({ runtime: 'powershell', code: '[Console]::Error.Write("bad"); exit 7' });
    expect(run).toMatchObject({ code: 7, stdout: '', stderr: 'bad' });
  });
});
