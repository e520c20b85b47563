# Removes what is left of the reservations of Invoke-WithPortReservation. Each that is removed goes out of the list.
function Remove-UsedReservation {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'New-PortReservation has asked.')]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.Generic.List[object]] $Reservations)

    # They went with the worker that the script block stopped.
    $worker = $script:Session.Worker
    if ($null -eq $worker) { $Reservations.Clear() }
    while ($Reservations.Count -gt 0) {
        $reservation = $Reservations[0]
        $params = ConvertTo-ReleaseParam $reservation
        # After Ctrl+C nothing ends the wait for a worker that hangs.
        if ($Cmdlet.Stopping) { $null = $worker.Connection.Request('reservation/release', $params, 5000) }
        else {
            $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
            # The script block may have removed it.
            $null = Invoke-WorkerMethod $Cmdlet 'reservation/release' $params $target 'NotFound'
        }

        $Reservations.RemoveAt(0)
    }
}

# The same where Ctrl+C has cut that short. What was sent already is not there a second time.
function Send-UsedRelease {
    param([System.Collections.Generic.List[object]] $Reservations)

    $worker = $script:Session.Worker
    if ($null -eq $worker -or -not $worker.IsUsable()) { return }
    foreach ($reservation in $Reservations) {
        $params = ConvertTo-ReleaseParam $reservation
        # A worker that waits for the holder keeps the ledger locked, so it is served meanwhile.
        if ($null -ne $worker.Connection.Holder) { $null = $worker.Connection.Request('reservation/release', $params, 5000) }
        else { $worker.Connection.Post('reservation/release', $params) }
    }
}

function ConvertTo-ReleaseParam {
    param([object] $Reservation)

    $params = ConvertTo-RangeParam $Reservation.Protocol $Reservation.StartPort $Reservation.NumberOfPorts
    $params.token = $Reservation.Token
    $params
}
