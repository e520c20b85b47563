function Connect-PortReservation {
    <#
    .SYNOPSIS
    Lets a socket of yours bind inside a port reservation.

    .DESCRIPTION
    Puts the token of a reservation on a socket before it is bound; then the socket may bind to any port of the
    reservation, or to port 0 on Windows, which gives one that is left.

    On Windows this is SIO_ASSOCIATE_PORT_RESERVATION. A runtime reservation can be used in the session that made
    it, a persistent one in every elevated session. On Linux it is setsockopt(0x5052, 1, token) where the kernel
    enforces the reservation. Elsewhere it sets SO_REUSEPORT, which lets sockets of the same user take a port while
    the reservation still holds it.

    Errors, by id: SocketIsBound (a token must be put on before bind), SocketIsClosed, ProtocolMismatch (a TCP
    token, a UDP socket), NotFound, NotOwner, AccessDenied, SelectorMissing, NotSupported, OsError. The socket is
    unchanged then.

    .PARAMETER Socket
    The socket, open and not bound yet.

    .PARAMETER Protocol
    Tcp or Udp. Default: of a range, Tcp.

    .PARAMETER StartPort
    The first port of exactly the reserved range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range has, 1 to 65535. Default 1.

    .PARAMETER Token
    The token of the reservation.

    .PARAMETER PassThru
    Returns the socket. By default nothing is returned.

    .INPUTS
    Reservations, or objects with properties of the parameters' names.

    .OUTPUTS
    None, or System.Net.Sockets.Socket with -PassThru.

    .EXAMPLE
    $web | Connect-PortReservation -Socket $socket

    Lets $socket bind to a port of the reservation in $web.

    .EXAMPLE
    Connect-PortReservation -Socket $socket -Token $web.Token

    The same by the token.

    .LINK
    New-PortReservationSocket

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType([System.Net.Sockets.Socket])]
    param(
        [Parameter(Mandatory)]
        [System.Net.Sockets.Socket] $Socket,

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

        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        $reservation = Resolve-Reservation $PSCmdlet $Protocol $StartPort $NumberOfPorts $Token
        if ($null -eq $reservation) { return }
        $failure = Test-SocketFitness $Socket $reservation
        if ($null -ne $failure) {
            $PSCmdlet.WriteError($failure)
            return
        }

        $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
        if (-not $PSCmdlet.ShouldProcess($target, 'Let the socket bind inside the reservation')) { return }
        $exception = [ReservationSocket]::TryAssociate($Socket, $reservation)
        if ($null -ne $exception) { $PSCmdlet.WriteError((ConvertTo-SocketError $exception $reservation)) }
        elseif ($PassThru) { $Socket }
    }
}
