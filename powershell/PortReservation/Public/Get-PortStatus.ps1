function Get-PortStatus {
    <#
    .SYNOPSIS
    Says of a port whether it can be bound, who has it, why not, and what to do.

    .DESCRIPTION
    Gives one object for each port and protocol, in the order in which they are asked for. Each port is bound on
    all addresses of both families and freed at once, so CanBind is what a server of yours would meet; the
    system's tables only say why. Explanation is that in one sentence, Remedy the one command that frees the port,
    allows it, keeps it, or shows more, and Prevention the one that keeps it from being taken again. Where the
    bind is refused, Serving says what a server could bind: with SO_REUSEADDR, as servers set it, on all
    addresses, on one, or beside others.

    The property Verdict is one of
    Free                     A bind succeeds, and nothing speaks against the port.
    Listening                A process listens on it, or receives datagrams. Holder says who.
    BoundNotListening        A socket has it without listening: bound, connected, or closing.
    Reserved                 A reservation holds it; the property Reservation has its name and reason.
    ExcludedBySystem         Windows keeps it for a driver such as WinNAT, or for WSL without showing it, and
                             nobody can bind it.
    ExcludedByAdministrator  It is kept out of automatic choice; a program that opens a socket may bind it by
                             number (on Windows HTTP.sys, container ports and QUIC are refused).
    Privileged               This user lacks the right to bind it.
    Refused                  A policy, or a reservation that is not shown, refuses it.
    Redirected               A bind succeeds, but a NAT rule sends what comes elsewhere.
    InDynamicRange           It is free, but the system may hand it out at any moment.

    A look at many ports, such as 1-65535, takes some seconds: it shows its progress, and Ctrl+C ends it.

    What you may not see is left empty, and Explanation says so: without root or elevation the processes of other
    users.

    Errors, by id: InvalidRange, InvalidParams, AccessDenied, NotSupported, LedgerCorrupt, OsError.

    .PARAMETER Port
    Ports and ranges of ports, 1 to 65535: 5173, 8000-8010. Or objects that have a port, by a property Port or
    LocalPort, or a range, by StartPort and NumberOfPorts: reservations, exclusions, connections, rows of Import-
    Csv.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both.

    .INPUTS
    Whatever -Port takes. A property Protocol says in which protocol to look.

    .OUTPUTS
    PortReservation.PortStatus

    .EXAMPLE
    Get-PortStatus 5173

    Says why a dev server cannot have port 5173.

    .EXAMPLE
    Get-PortStatus -Port 5173, 8000-8010 -Protocol Tcp, Udp

    Looks at twelve ports in both protocols, the first of them first.

    .EXAMPLE
    Get-PortStatus 80-90 | Where-Object CanBind

    Gives the ports among these that can be bound. (Get-PortStatus 80).Remedy is the command to allow one.

    .EXAMPLE
    Get-PortReservation web | Get-PortStatus

    Says of each port of a reservation who has it now.

    .LINK
    Find-FreePortRange

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PortReservation.PortStatus')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)]
        [object[]] $Port,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp'
    )

    begin { . $script:UseCallerPreference }

    process {
        $ranges = [System.Collections.Generic.List[object]]::new()
        $texts = @(foreach ($one in $Port) { Format-PortInput $one })
        foreach ($text in $texts) {
            $range = ConvertTo-PortRange $PSCmdlet $text -AllowSingle
            if ($null -ne $range) { $ranges.Add($range) }
        }

        if ($ranges.Count -eq 0) { return }
        $protocols = ConvertTo-ProtocolList $Protocol
        # So many at a time that the machine is not looked at again and again, and few enough to be held at once.
        $portsAtOnce = 8192 / $protocols.Count
        $total = 0
        foreach ($range in $ranges) { $total += $range.numberOfPorts * $protocols.Count }
        # Below that it is done before a bar would be read.
        $progress = if ($total -ge 8192) { [WorkerProgress]::new($PSCmdlet, $total) }
        $warned = [System.Collections.Generic.HashSet[string]]::new()
        try {
            foreach ($slice in Split-PortRange $ranges $portsAtOnce) {
                $params = @{ protocol = $protocols; ranges = $slice }
                $result = Invoke-WorkerMethod $PSCmdlet 'port/inspect' $params ($texts -join ', ') -Progress $progress
                if ($null -eq $result) { return }
                foreach ($warning in $result['warnings']) {
                    if ($warned.Add([string] $warning)) { $PSCmdlet.WriteWarning([string] $warning) }
                }
                Select-PortStatus $result['ports'] $slice $protocols
            }
        }
        finally {
            if ($null -ne $progress) { $progress.Complete() }
        }
    }
}
