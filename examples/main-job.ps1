# The main job, before your eyes: reserve ten ports, see that nobody else gets them, free them.
$ErrorActionPreference = 'Stop'
Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'dist', 'PortReservation'))

function Start-Listener ([int] $Port) {
    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Any, $Port)
    $listener.Start()
    $listener
}

"PowerShell $($PSVersionTable.PSVersion) on $([System.Environment]::OSVersion.Platform)"
''
'PS> $web = New-PortReservation -NumberOfPorts 10 -Name web -Reason "the main job"'
$web = New-PortReservation -NumberOfPorts 10 -Name web -Reason 'the main job'
'PS> $web'
$web
"PS> Start-Listener $($web.StartPort)"
try {
    $null = Start-Listener $web.StartPort
    throw 'The listener was not refused.'
} catch [System.Net.Sockets.SocketException] {
    "refused: $($_.Exception.SocketErrorCode)"
}
''
'PS> 2000 listeners on port 0: does the system choose one of ours?'
$chosen = @(foreach ($i in 1..2000) {
    $listener = Start-Listener 0
    $listener.LocalEndpoint.Port
    $listener.Stop()
})
$hits = @($chosen | Where-Object { $_ -ge $web.StartPort -and $_ -le $web.EndPort })
"$($hits.Count) of $($chosen.Count) landed in $($web.StartPort)-$($web.EndPort)"
if ($hits.Count) { throw 'Port 0 landed in the reservation.' }
''
'PS> $web | Remove-PortReservation'
$web | Remove-PortReservation
"PS> Start-Listener $($web.StartPort)"
$listener = Start-Listener $web.StartPort
"listening on $($listener.LocalEndpoint)"
$listener.Stop()
