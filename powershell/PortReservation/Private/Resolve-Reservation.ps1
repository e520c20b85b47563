# The reservation that token or exact range name, with a token that sockets of this process can carry; nothing where there is
# none, with the error written.
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

    $commandLine = $script:Session.Options['CommandLine']
    if ($commandLine) {
        $Cmdlet.WriteError((New-ErrorRecord 'NotSupported' (
            'The worker may be on another machine, where no socket of this session can be: it was started by -CommandLine.') (
            $script:ErrorCategory.NotSupported) (
            'Run the program that needs the ports where the worker is; for a worker here, use -NodePath or -WorkerPath.') (
            $commandLine -join ' ')))
        return
    }

    $query = @{ Protocol = $Protocol; StartPort = $StartPort; NumberOfPorts = $NumberOfPorts; Token = $Token }
    $found = Find-Reservation $Cmdlet $query
    if ($null -eq $found) { return }
    Write-NotFound $Cmdlet $query $found
    if ($found.Count -eq 0) { return }

    $reservation = $found[0]
    if ($null -ne $reservation.Token) { return $reservation }
    $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
    if ($reservation.Lifetime -eq 'Persistent') {
        $Cmdlet.WriteError((New-ErrorRecord 'AccessDenied' "The token of $target is a secret of root." (
            $script:ErrorCategory.AccessDenied) 'Run it as root, or as the user whom the reservation is for.' $target))
        return
    }

    $Cmdlet.WriteError((New-ErrorRecord 'NotOwner' "The token of $target is valid in its owner's process alone." (
        $script:ErrorCategory.NotOwner) (
        "Use it there ($($reservation.Owner)), or make a persistent reservation: every elevated session can use it.") $target))
}
