# Whether a socket can be bound inside each of the reservations, to the port where one is given; nothing where that cannot be
# said, with the error written.
function Test-Usability {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $Reservations, [int] $Port)

    foreach ($reservation in $Reservations) {
        $params = ConvertTo-RangeParam $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
        if ($Port) { $params.port = $Port }
        $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
        # One that is gone since it was found is no error either.
        $result = Invoke-WorkerMethod $Cmdlet 'reservation/probe' $params $target -Allow PortInUse, NotFound
        if ($null -eq $result) { return }
        if ($result -is [array]) { return $false }
    }

    $true
}
