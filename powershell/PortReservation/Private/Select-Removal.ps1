# What Remove-PortReservation is to release: for each, the params of the call and how to name it to the user.
function Select-Removal {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string[]] $Name,
        [string] $Protocol,
        [int] $StartPort,
        [int] $NumberOfPorts,
        [uint64] $Token,
        [string] $Document
    )

    if ($Cmdlet.ParameterSetName -eq 'Name') {
        foreach ($pattern in $Name) {
            $query = @{ Name = $pattern; Protocol = $Protocol; Document = $Document }
            $found = Find-Reservation $Cmdlet $query
            if ($null -eq $found) { continue }
            if ($found.Count -eq 0) { Write-NotFound $Cmdlet $query }
            foreach ($reservation in $found) {
                $range = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
                $params = @{
                    protocol = $reservation.Protocol.ToLowerInvariant()
                    range    = @{ startPort = $reservation.StartPort; numberOfPorts = $reservation.NumberOfPorts }
                }
                # So that it is the reservation that was found, and not one made since.
                if ($null -ne $reservation.Token) { $params.token = "$($reservation.Token)" }
                if ($Document) { $params.document = $Document }
                @{ Target = "$range '$($reservation.Name)'"; Params = $params }
            }
        }

        return
    }

    if ($StartPort -eq 0 -and $Token -eq 0) {
        Write-SelectorMissing $Cmdlet
        return
    }

    $params = @{}
    $target = "token $Token"
    if ($Token) { $params.token = "$Token" }
    if ($Document) { $params.document = $Document }
    if ($StartPort) {
        if ($Protocol -eq '') { $Protocol = 'Tcp' }
        $params.protocol = $Protocol.ToLowerInvariant()
        $params.range = @{ startPort = $StartPort; numberOfPorts = $NumberOfPorts }
        $target = Format-PortRange $Protocol $StartPort $NumberOfPorts
    }

    @{ Target = $target; Params = $params }
}
