# Nothing where the socket can take the reservation's token, else the error record that says why not.
function Test-SocketFitness {
    param([System.Net.Sockets.Socket] $Socket, [object] $Reservation)

    if ([ReservationSocket]::IsClosed($Socket)) {
        return New-ErrorRecord 'SocketIsClosed' 'The socket is closed.' InvalidArgument 'Make a new socket.' $Socket
    }

    if ($Socket.IsBound) {
        return New-ErrorRecord 'SocketIsBound' "The socket is already bound, to $($Socket.LocalEndPoint)." InvalidOperation (
            'A reservation is put on a socket before bind: make a new one, connect it to the reservation, then bind it.') $Socket
    }

    if ("$($Socket.ProtocolType)" -ne $Reservation.Protocol) {
        return New-ErrorRecord 'ProtocolMismatch' (
            "The socket speaks $($Socket.ProtocolType), the reservation is for $($Reservation.Protocol).") InvalidArgument (
            'TCP and UDP ports are separate: use a socket of the reservation''s protocol.') $Socket
    }
}
