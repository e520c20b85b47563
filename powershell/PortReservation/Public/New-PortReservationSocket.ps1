function New-PortReservationSocket {
    <#
    .SYNOPSIS
    Makes a socket that is bound inside a port reservation, ready to listen.

    .DESCRIPTION
    Opens a socket of the reservation's protocol, puts the reservation's token on it, binds it to the port given
    or to one that is left, on all addresses of both families or on the one given, and returns it. Its
    LocalEndPoint says the port. It is yours: call Listen on a TCP socket, and Dispose when done.

    The reservation stays: others are kept away from its other ports, and from this one when the socket is gone.

    Errors, by id: PortInUse (the port, or every port of the reservation, already has a socket),
    PortNotInReservation, NotFound, NotOwner, AccessDenied, SelectorMissing, NotSupported, OsError.

    .PARAMETER Protocol
    Tcp or Udp. Default: of a range, Tcp.

    .PARAMETER StartPort
    The first port of exactly the reserved range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range has, 1 to 65535. Default 1.

    .PARAMETER Token
    The token of the reservation.

    .PARAMETER Port
    The port to bind to, 1 to 65535, one of the reservation's. Default: the first that is left.

    .PARAMETER Address
    The local address to bind to. Default: all addresses, IPv6 and IPv4.

    .INPUTS
    Reservations, or objects with properties of the parameters' names.

    .OUTPUTS
    System.Net.Sockets.Socket

    .EXAMPLE
    $socket = New-PortReservation -NumberOfPorts 3 | New-PortReservationSocket
    $socket.Listen(10)

    Reserves three ports and listens on the first.

    .EXAMPLE
    $web | New-PortReservationSocket -Port $web.EndPort -Address 127.0.0.1

    A socket on the last port of the reservation, reachable from this machine only.

    .LINK
    Connect-PortReservation

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType([System.Net.Sockets.Socket])]
    param(
        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string] $Protocol,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [uint64] $Token,

        [ValidateRange(1, 65535)]
        [int] $Port,

        [System.Net.IPAddress] $Address = [System.Net.IPAddress]::IPv6Any
    )

    begin { . $script:UseCallerPreference }

    process {
        $reservation = Resolve-Reservation $PSCmdlet $Protocol $StartPort $NumberOfPorts $Token
        if ($null -eq $reservation) { return }
        $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
        if ($Port -and ($Port -lt $reservation.StartPort -or $Port -gt $reservation.EndPort)) {
            $PSCmdlet.WriteError((New-ErrorRecord 'PortNotInReservation' "Port $Port is not in the reservation $target." (
                'InvalidArgument') "Choose one from $($reservation.StartPort) to $($reservation.EndPort)." $Port))
            return
        }

        if ($PSCmdlet.ShouldProcess($target, 'Bind a socket inside the reservation')) {
            Open-ReservationSocket $PSCmdlet $reservation $Port $Address
        }
    }
}
