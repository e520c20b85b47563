# What every test file begins with: the built module, and helpers that say in a word what a test means.
$module = $env:PORT_RESERVATION_TEST_MODULE
if (-not $module) { $module = [System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'dist', 'PortReservation') }
Import-Module $module

# An empty record of reservations, and no worker: for BeforeEach.
function Reset-Reservation {
    Stop-PortReservationWorker
    $env:PORT_RESERVATION_HOME = [System.IO.Path]::Combine((Get-PSDrive TestDrive).Root, [guid]::NewGuid().ToString('n'))
}

# Whether a server of this user could listen on the port.
function Test-Listen ([int] $Port) {
    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, $Port)
    try { $listener.Start(); $true } catch [System.Net.Sockets.SocketException] { $false } finally { $listener.Stop() }
}

# The error records that a script block writes; what it gives is dropped.
function Get-Failure ([scriptblock] $ScriptBlock) {
    $ErrorActionPreference = 'Continue'
    , @(& $ScriptBlock 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
}

# What PowerShell shows, without the spaces that end lines.
function Get-Shown ([object] $Value) {
    (($Value | Out-String -Width 100) -split '\r?\n' | ForEach-Object TrimEnd) -join "`n"
}
