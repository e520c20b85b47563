function Start-PortReservationWorker {
    <#
    .SYNOPSIS
    Starts or joins the worker of this session in a way of your choice.

    .DESCRIPTION
    The other cmdlets start a worker when they need one, with the best provider of the system; where the
    environment variable PORT_RESERVATION_ADDRESS says who serves, as it does under portreservation exec, they
    join that one. Start it yourself to choose the provider, the Node.js, or the worker: one on another machine,
    for example. The choice holds until Stop-PortReservationWorker, also for the worker that replaces one that
    has died. A CommandLine or an Address holds even where nobody could be reached: the next cmdlet tries it
    again, and works nowhere else.

    Errors, by id, all of them terminating: WorkerRunning (stop it first, or use -Force; it may hold
    reservations), NodeNotFound, NodeTooOld, WorkerNotFound, WorkerStartFailed, WorkerTimeout, WorkerExited,
    WorkerProtocolError, ProtocolVersionMismatch,
    NotSupported (the provider is none for this system).

    .PARAMETER Provider
    What carries reservations out: Auto (the default), Windows, Linux or Ledger. Auto is Windows on Windows, Linux
    on Linux, Ledger elsewhere. With another than Auto a worker of its own is started, unless -Address names one.

    .PARAMETER NodePath
    The full path of the node program, 20.19 or newer. Default: that in the environment variable
    PORT_RESERVATION_NODE, else the first on PATH; a module that has the program bin/portreservation needs
    none.

    .PARAMETER WorkerPath
    The full path of worker.mjs. Default: the worker of this module.

    .PARAMETER Address
    Where a worker serves already: portreservation serve --listen, or exec. What is reserved by this session is
    free when the session ends. Default: what PORT_RESERVATION_ADDRESS says, if somebody serves this user there,
    and neither a Node.js, a worker nor a provider was asked for; else a worker is started. An empty text starts
    one in any case.

    .PARAMETER CommandLine
    A program and its arguments that lead to a worker's standard streams, on this machine or another. Nothing in
    it is interpreted by a shell here. Connect-PortReservation and New-PortReservationSocket are refused then
    (NotSupported): no socket of this session can be on another machine. When the way there breaks, the worker
    frees what it holds as soon as it notices.

    .PARAMETER StartTimeout
    How many seconds, 1 to 3600, the worker has to answer the first call. Default 30.

    .PARAMETER Force
    Replaces a worker that runs, which frees its runtime reservations.

    .PARAMETER PassThru
    Returns the worker. By default nothing is returned.

    .INPUTS
    None.

    .OUTPUTS
    None, or PortReservation.Worker with -PassThru: ProcessId (of the program started here), Address (of one that
    was joined), Provider, Platform, Version, ProtocolVersion, RuntimeEnforcement, PersistentEnforcement, HandOver,
    CommandLine.

    .EXAMPLE
    Start-PortReservationWorker -Provider Ledger -PassThru

    Starts a worker that keeps persistent reservations in the ledger file alone, and shows it.

    .EXAMPLE
    Start-PortReservationWorker -NodePath /opt/node/bin/node

    Starts the worker on a Node.js that is not on PATH.

    .EXAMPLE
    Start-PortReservationWorker -Force -CommandLine ssh, build01, portreservation, serve, --stdio

    From now on, the reservations are made on the machine build01.

    .EXAMPLE
    Start-PortReservationWorker -Address ''

    Starts a worker of this session's own, also under portreservation exec.

    .LINK
    Stop-PortReservationWorker

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(
        DefaultParameterSetName = 'Node', SupportsShouldProcess, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType('PortReservation.Worker')]
    param(
        [ValidateSet('Auto', 'Windows', 'Linux', 'Ledger')]
        [string] $Provider = 'Auto',

        [Parameter(ParameterSetName = 'Node')]
        [ValidateNotNullOrEmpty()]
        [string] $NodePath,

        [Parameter(ParameterSetName = 'Node')]
        [ValidateNotNullOrEmpty()]
        [string] $WorkerPath,

        [Parameter(Mandatory, ParameterSetName = 'Address')]
        [AllowEmptyString()]
        [string] $Address,

        [Parameter(Mandatory, ParameterSetName = 'CommandLine')]
        [ValidateNotNullOrEmpty()]
        [string[]] $CommandLine,

        [ValidateRange(1, 3600)]
        [int] $StartTimeout = 30,

        [switch] $Force,

        [switch] $PassThru
    )

    . $script:UseCallerPreference
    $running = $script:Session.Worker
    if ($null -ne $running -and $running.IsUsable() -and -not $Force -and -not $WhatIfPreference) {
        # What follows in a script is meant for the worker that was asked for, on another machine perhaps.
        $PSCmdlet.ThrowTerminatingError((New-ErrorRecord 'WorkerRunning' (
            "A worker ($($running.Whereabouts())) is running already.") ResourceExists (
            'Stop it with Stop-PortReservationWorker, or use -Force: both free its runtime reservations.') $running.Whereabouts()))
    }

    $options = @{ Provider = $Provider; StartTimeout = $StartTimeout }
    if ($NodePath) { $options.NodePath = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($NodePath) }
    if ($WorkerPath) { $options.WorkerPath = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($WorkerPath) }
    if ($CommandLine) { $options.CommandLine = $CommandLine }
    if ($PSBoundParameters.ContainsKey('Address')) { $options.Address = $Address }
    $target = if ($CommandLine) { $CommandLine -join ' ' } elseif ($Address) { "at $Address" } else { "provider $Provider" }
    if (-not $PSCmdlet.ShouldProcess($target, 'Start port reservation worker')) { return }
    # One that cannot be talked to any more may still live, and hold ports.
    Stop-Worker $running
    if ($CommandLine -or $Address) { $script:Session.Options = $options }
    $worker = Start-Worker $options
    if ($worker -is [System.Management.Automation.ErrorRecord]) { $PSCmdlet.ThrowTerminatingError($worker) }
    $script:Session.Options = $options
    Write-WorkerLog $worker $PSCmdlet
    if ($PassThru) { [FromWire]::Worker($worker) }
}
