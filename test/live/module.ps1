# Reserves, looks at, uses and frees ports with the built module, in whichever PowerShell runs this.
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../dist/PortReservation/PortReservation.psd1"

function Assert([bool] $Condition, [string] $What) {
    if (-not $Condition) { throw "Not so: $What" }
    "ok: $What"
}

$block = New-PortReservation -Protocol Tcp -NumberOfPorts 3 -Name live
Assert ($block.Enforcement -eq 'kernel') 'a runtime reservation is enforced by the kernel'
Assert (Test-PortReservation -Protocol Tcp -StartPort $block.StartPort -NumberOfPorts 3) 'Test-PortReservation finds it'
Assert (@(Get-PortReservation -Name live).Count -eq 1) 'Get-PortReservation lists it'
$socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
$refused = $false
try { $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, $block.StartPort)) }
catch { $refused = $true }
Assert $refused 'a socket without the token is refused'
$block | Remove-PortReservation -Confirm:$false
$socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, $block.StartPort))
$socket.Dispose()
Assert $true 'the port is free after Remove-PortReservation'

$identity = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
if ($identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    $kept = New-PortReservation -Protocol Udp -NumberOfPorts 2 -Lifetime Persistent -Name live
    try {
        Assert ($kept.Token -ne 0) 'a persistent reservation has a token'
        $token = (Get-PortReservation -Name live).Token
        Assert ($token -eq $kept.Token) 'Get-PortReservation looks its token up'
    } finally {
        $kept | Remove-PortReservation -Confirm:$false
    }
}
Remove-Module PortReservation
"PowerShell $($PSVersionTable.PSVersion)"
