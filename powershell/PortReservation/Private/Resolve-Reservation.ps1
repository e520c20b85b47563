# The reservation that token or exact range name; nothing where there is none, with the error written.
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

    $found[0]
}
