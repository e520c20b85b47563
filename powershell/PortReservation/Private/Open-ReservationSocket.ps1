# A socket bound to the port of the reservation, or to the first one that is left when it is 0. Nothing where there is none,
# with the error written.
function Open-ReservationSocket {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [object] $Reservation,
        [int] $Port,
        [System.Net.IPAddress] $Address
    )

    $ports = if ($Port) { , $Port } else { $Reservation.StartPort..$Reservation.EndPort }
    $given = Get-GivenPort $Reservation.Protocol
    $failure = [System.Net.Sockets.SocketException]::new([int] [System.Net.Sockets.SocketError]::AddressAlreadyInUse)
    foreach ($candidate in $ports) {
        if ($given.Contains($candidate)) { continue }
        $socket = [ReservationSocket]::Open($Reservation.Protocol, $Address)
        $failure = [ReservationSocket]::TryBind($socket, $Reservation, $Address, $candidate)
        if ($null -eq $failure) {
            $script:Session.Sockets.Add([System.WeakReference]::new($socket))
            return $socket
        }

        $isTaken = $failure -is [System.Net.Sockets.SocketException] -and $failure.SocketErrorCode -eq 'AddressAlreadyInUse'
        if (-not $isTaken) { break }
    }

    $Cmdlet.WriteError((ConvertTo-SocketError $failure $Reservation))
}

# The ports of the sockets that this session was given and that are still open. Where the hand-over is SO_REUSEPORT the system
# would let the next one share such a port.
function Get-GivenPort {
    param([string] $Protocol)

    $given = [System.Collections.Generic.HashSet[int]]::new()
    foreach ($reference in $script:Session.Sockets.ToArray()) {
        $socket = $reference.Target
        if ($null -eq $socket -or [ReservationSocket]::IsClosed($socket)) { $null = $script:Session.Sockets.Remove($reference) }
        elseif ("$($socket.ProtocolType)" -eq $Protocol) { $null = $given.Add($socket.LocalEndPoint.Port) }
    }

    , $given
}
