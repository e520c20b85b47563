# The reservation that token or exact range name, with a token that is known here; nothing where there is none, with the error
# written.
function Resolve-Reservation {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Protocol,
        [int] $StartPort,
        [int] $NumberOfPorts,
        [uint64] $Token
    )

    if ($StartPort -eq 0 -and $Token -eq 0) {
        Write-SelectorMissing $Cmdlet
        return
    }

    $query = @{ Protocol = $Protocol; StartPort = $StartPort; NumberOfPorts = $NumberOfPorts; Token = $Token }
    $found = Find-Reservation $Cmdlet $query
    if ($null -eq $found) { return }
    if ($found.Count -eq 0) {
        Write-NotFound $Cmdlet $query
        return
    }

    $reservation = $found[0]
    if ($null -ne $reservation.Token) { return $reservation }
    $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
    $Cmdlet.WriteError((New-ErrorRecord 'NotOwner' "The token of $target is valid in its owner's process alone." (
        $script:ErrorCategory.NotOwner) (
        "Use it there ($($reservation.Owner)), or make a persistent reservation: every elevated session can use it.") $target))
}
