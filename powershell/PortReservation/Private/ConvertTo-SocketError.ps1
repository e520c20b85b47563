# The error record of a socket call that failed for a reservation.
function ConvertTo-SocketError {
    param([System.Exception] $Failure, [object] $Reservation)

    $target = Format-PortRange $Reservation.Protocol $Reservation.StartPort $Reservation.NumberOfPorts
    $code = if ($Failure -is [System.Net.Sockets.SocketException]) { $Failure.SocketErrorCode } else { 'OsError' }
    switch ($code) {
        'AccessDenied' {
            return New-ErrorRecord 'AccessDenied' "No permission to use the reservation $target." PermissionDenied (
                'A persistent reservation is used from an elevated session: start PowerShell with "Run as administrator".') $target
        }
        'AddressAlreadyInUse' {
            return New-ErrorRecord 'PortInUse' "No port of $target is left." ResourceBusy (
                'Each port of a reservation serves one socket: end the one that has it, or reserve more ports.') $target
        }
        'InvalidArgument' {
            return New-ErrorRecord 'NotOwner' "The token of $target is not valid in this process for such a socket." (
                $script:ErrorCategory.NotOwner) (
                'A runtime token is valid in the session that made it; the socket must be of the same protocol, and not bound.') $target
        }
        'OperationNotSupported' {
            return New-ErrorRecord 'NotSupported' 'This system has no port reservations for sockets.' NotImplemented (
                'SIO_ASSOCIATE_PORT_RESERVATION needs Windows Vista or later.') $target
        }
    }

    New-ErrorRecord 'OsError' "The socket cannot use the reservation ${target}: $($Failure.Message)" NotSpecified (
        'See what there is with Get-PortReservation.') $target
}
