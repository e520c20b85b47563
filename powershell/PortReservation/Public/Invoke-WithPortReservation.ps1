function Invoke-WithPortReservation {
    <#
    .SYNOPSIS
    Reserves ports for as long as a script block runs, and tells the programs that it starts which.

    .DESCRIPTION
    Reserves a block of ports, runs the script block, and removes the reservation when it has ended: also after an
    error or Ctrl+C. The script block gets the reservation as its argument, one for each protocol, and programs
    find their ports in the environment: PORT is the first, PORT_0, PORT_1 and so on are all of them, PORT_RANGE
    is first-last. Afterwards these variables are as before. They belong to the process, so other runspaces see
    them too.

    By default the reservation yields to servers that the script block starts (-Hold). What they leave running
    keeps its ports, but the reservation does not wait for it.

    Where the ports cannot be had, the script block does not run. Errors, by id, are those of New-PortReservation:
    PortInUse, RangeReserved and RangeExcluded (the ports are not free), NoFreeRange, AccessDenied, NotSupported,
    InvalidParams and InvalidRange (values that do not fit together), LedgerBusy, LedgerCorrupt, OsError.

    .PARAMETER ScriptBlock
    What to run. Its arguments are the reservations, in the order of -Protocol.

    .PARAMETER NumberOfPorts
    How many consecutive ports, 1 to 65535. Default 1.

    .PARAMETER StartPort
    The first port, 1 to 65535. Without it a free block is found.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both: then the same numbers are reserved in both.

    .PARAMETER Within
    Where to look for a free block, as first and last port: 20000-30000. Not together with -StartPort.

    .PARAMETER Name
    A name to find the reservation by, 1 to 100 characters, none of them a control character.

    .PARAMETER Reason
    Why the ports are reserved, for the next reader; 1 to 500 characters.

    .PARAMETER Hold
    What keeps others away. Yield (the default): on Linux, TCP, a bound socket that lets in servers which set
    SO_REUSEADDR before bind, as nearly all do, of this user or another; elsewhere nothing, and only those stay
    away who ask PortReservation. Strict: what the system has, for sockets of New-PortReservationSocket and
    Connect-PortReservation; other programs are kept out. None: nothing.

    .PARAMETER EnvironmentPrefix
    How the names of the variables begin. Default PORT.

    .INPUTS
    None.

    .OUTPUTS
    What the script block gives.

    .EXAMPLE
    Invoke-WithPortReservation -NumberOfPorts 3 -Name web { npm test }

    Runs the tests with three ports in PORT, PORT_0 to PORT_2, and PORT_RANGE.

    .EXAMPLE
    Invoke-WithPortReservation { param($web) python3 -m http.server $web.StartPort }

    Serves the current folder on a free port until Ctrl+C; without Invoke-WithPortReservation the port would be a
    guess.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType([object])]
    param(
        [Parameter(Mandatory, Position = 0)]
        [scriptblock] $ScriptBlock,

        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Alias('Port')]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp',

        [string] $Within,

        [ValidateLength(0, 100)]
        [string] $Name,

        [ValidateLength(0, 500)]
        [string] $Reason,

        [ValidateSet('Yield', 'Strict', 'None')]
        [string] $Hold = 'Yield',

        [ValidatePattern('^[A-Za-z_][A-Za-z0-9_]*$')]
        [string] $EnvironmentPrefix = 'PORT'
    )

    $asked = @{ NumberOfPorts = $NumberOfPorts; Protocol = $Protocol; Within = $Within; Name = $Name; Reason = $Reason }
    if ($StartPort) { $asked.StartPort = $StartPort }
    # Ctrl+C may come at any point from the first port on.
    $made, $before = @(), @{}
    try {
        # It also asks for -WhatIf and -Confirm.
        $made = @(New-PortReservation @asked -Hold $Hold)
        if ($made.Count -eq 0) { return }
        $variables = Get-PortVariable $made[0] $EnvironmentPrefix
        $before = Get-ProcessEnvironment $variables.Keys
        Set-ProcessEnvironment $variables
        & $ScriptBlock @made
    }
    finally {
        Set-ProcessEnvironment $before
        foreach ($reservation in $made) {
            # It went with the worker that the script block stopped.
            if ($null -eq $script:Session.Worker) { break }
            $params = ConvertTo-RangeParam $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
            $params.token = "$($reservation.Token)"
            $target = Format-PortRange $reservation.Protocol $reservation.StartPort $reservation.NumberOfPorts
            # The script block may have removed it.
            $null = Invoke-WorkerMethod $PSCmdlet 'reservation/release' $params $target 'NotFound'
        }
    }
}
