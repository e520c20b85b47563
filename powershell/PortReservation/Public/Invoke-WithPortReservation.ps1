function Invoke-WithPortReservation {
    <#
    .SYNOPSIS
    Reserves ports for as long as a script block or a program runs, and tells programs which.

    .DESCRIPTION
    Reserves a block of ports, runs the script block or the program, and removes the reservation when it has
    ended: also after an error or Ctrl+C. The script block gets the reservation as its argument, one for each
    protocol, and programs find their ports in the environment: PORT is the first, PORT_0, PORT_1 and so on are
    all of them, PORT_COUNT says how many, PORT_RANGE is first-last. Afterwards these variables are as before.

    The variables belong to the process. Where another runspace runs a script block with them, as in
    ForEach-Object -Parallel, this one is not run, with the error EnvironmentInUse. A program of -FilePath has
    them to itself, and as many as you like run side by side.

    As under portreservation exec, the program, or what the script block starts, may ask for more ports while it
    runs: PORTSERVER_ADDRESS is for portpicker and its kin, PORT_RESERVATION_ADDRESS for JSON-RPC clients, the
    command line and this module. They are free when the process that asked has ended.

    By default the reservation yields to servers that are started (-Hold). What they leave running
    keeps its ports, but the reservation does not wait for it.

    Where the ports cannot be had, nothing runs. Errors, by id: EnvironmentInUse, ProgramNotStarted, and those of
    New-PortReservation: PortInUse, RangeReserved and RangeExcluded (the ports are not free), NoFreeRange,
    AccessDenied, NotSupported, InvalidParams and InvalidRange (values that do not fit together), LedgerBusy,
    LedgerCorrupt, OsError.

    .PARAMETER ScriptBlock
    What to run. Its arguments are the reservations, in the order of -Protocol.

    .PARAMETER FilePath
    The program to run, by name or path. Its output is given as lines, and $LASTEXITCODE is its exit code.

    .PARAMETER ArgumentList
    The arguments of the program, each as one, whatever is in it.

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
    What the script block or the program gives.

    .EXAMPLE
    Invoke-WithPortReservation -NumberOfPorts 3 -Name web { npm test }

    Runs the tests with three ports in PORT, PORT_0 to PORT_2, and PORT_RANGE.

    .EXAMPLE
    Invoke-WithPortReservation { param($web) python3 -m http.server $web.StartPort }

    Serves the current folder on a free port until Ctrl+C; without Invoke-WithPortReservation the port would be a
    guess.

    .EXAMPLE
    1..4 | ForEach-Object -Parallel { Invoke-WithPortReservation -FilePath npm -ArgumentList test }

    Runs four times the tests at once, each with a port of its own.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSShouldProcess', '', Justification = 'New-PortReservation asks, by the same preferences.')]
    [CmdletBinding(
        DefaultParameterSetName = 'ScriptBlock', SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType([object])]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'ScriptBlock')]
        [scriptblock] $ScriptBlock,

        [Parameter(Mandatory, ParameterSetName = 'Program')]
        [ValidateNotNullOrEmpty()]
        [string] $FilePath,

        [Parameter(ParameterSetName = 'Program')]
        [AllowEmptyString()]
        [string[]] $ArgumentList = @(),

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

    . $script:UseCallerPreference
    $asked = @{ NumberOfPorts = $NumberOfPorts; Protocol = $Protocol; Within = $Within; Name = $Name; Reason = $Reason }
    if ($StartPort) { $asked.StartPort = $StartPort }
    # Ctrl+C may come at any point from the first port on.
    $made = [System.Collections.Generic.List[object]]::new()
    $environment = [PortEnvironment]::new([runspace]::DefaultRunspace)
    try {
        if ($ScriptBlock) {
            # The names alone, before anything is reserved.
            $names = @((Get-PortVariable @{ StartPort = 0; EndPort = 0; NumberOfPorts = $NumberOfPorts } $EnvironmentPrefix).Keys)
            $used = $environment.Take($names)
            if ($used) {
                $PSCmdlet.WriteError((New-ErrorRecord 'EnvironmentInUse' (
                    "Another runspace of this process runs a script block with the environment variable $used.") ResourceBusy (
                    'Use -FilePath, which gives the variables to the program alone, or another -EnvironmentPrefix.') $used))
                return
            }
        }

        # It also asks for -WhatIf and -Confirm.
        New-PortReservation @asked -Hold $Hold | ForEach-Object { $made.Add($_) }
        if ($made.Count -eq 0) { return }
        $variables = Get-PortVariable $made[0] $EnvironmentPrefix
        $address = Get-AddressVariable
        if ($FilePath) {
            foreach ($name in $address.Keys) { $variables[$name] = $address[$name] }
            return Invoke-ReservedProgram $PSCmdlet $FilePath $ArgumentList $variables
        }

        $environment.Lend($address)
        $environment.Set($variables)
        $arguments = $made.ToArray()
        & $ScriptBlock @arguments
    }
    finally {
        # Ctrl+C may come here, too, but once. What it cuts short is done where it comes no more.
        try {
            $environment.Restore()
            Remove-UsedReservation $PSCmdlet $made
        }
        finally {
            Send-UsedRelease $made
            $environment.Restore()
        }
    }
}
