# Prints two numbers: the median time of Get-PortReservation over that of a bare round trip (bytes out, bytes in, no JSON)
# with the same method and the same kind of worker from this engine, and the milliseconds of Get-PortReservation.
$ErrorActionPreference = 'Stop'
$module = Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'dist', 'PortReservation')) -PassThru
$node = if ($env:PORT_RESERVATION_NODE) { $env:PORT_RESERVATION_NODE } else { 'node' }

$start = [System.Diagnostics.ProcessStartInfo]::new($node)
$worker = [System.IO.Path]::Combine($module.ModuleBase, 'worker', 'worker.mjs')
foreach ($argument in $worker, '--stdio') { $start.ArgumentList.Add($argument) }
$start.RedirectStandardInput = $true
$start.RedirectStandardOutput = $true
$process = [System.Diagnostics.Process]::Start($start)
$toWorker = $process.StandardInput.BaseStream
$fromWorker = $process.StandardOutput.BaseStream

$body = '{"jsonrpc":"2.0","id":1,"method":"reservation/list","params":{}}'
$frame = [System.Text.Encoding]::ASCII.GetBytes("Content-Length: $($body.Length)`r`n`r`n$body")
$buffer = [byte[]]::new(65536)

function Invoke-BareRoundTrip {
    $toWorker.Write($frame, 0, $frame.Length)
    $toWorker.Flush()
    $null = $fromWorker.Read($buffer, 0, $buffer.Length)
}

function Get-Median ([double[]] $Values) {
    [System.Array]::Sort($Values)
    $Values[[int] [System.Math]::Floor($Values.Length / 2)]
}

$clock = [System.Diagnostics.Stopwatch]::new()
function Measure-Call ([scriptblock] $Call) {
    $clock.Restart()
    $null = & $Call
    $clock.Elapsed.TotalMilliseconds
}

$reservation = New-PortReservation -NumberOfPorts 3 -Name bench
$bare = { Invoke-BareRoundTrip }
$cmdlet = { Get-PortReservation }
foreach ($warmUp in 1..100) { $null = & $bare; $null = & $cmdlet }
$times = foreach ($round in 1..300) { , @((Measure-Call $cmdlet), (Measure-Call $bare)) }
$reservation | Remove-PortReservation
$process.Kill()
$medianOfCmdlet = Get-Median ($times | ForEach-Object { $_[0] })
$medianOfBare = Get-Median ($times | ForEach-Object { $_[1] })
[string]::Format([cultureinfo]::InvariantCulture, '{0} {1}', $medianOfCmdlet / $medianOfBare, $medianOfCmdlet)
