function Stop-PortReservationWorker {
    <#
    .SYNOPSIS
    Stops or leaves the worker of this session. Its runtime reservations end.

    .DESCRIPTION
    Ends the worker, which frees the runtime reservations it holds; persistent ones stay. A worker that does not
    end within five seconds is killed, with the same effect. One that was joined at an address goes on for others,
    and frees what it holds for this session. What Start-PortReservationWorker was told is
    forgotten: the next cmdlet that needs a worker starts or joins the default one. Without a worker nothing
    happens.

    .PARAMETER PassThru
    Returns the worker that was stopped. By default nothing is returned.

    .INPUTS
    None.

    .OUTPUTS
    None, or PortReservation.Worker with -PassThru.

    .EXAMPLE
    Stop-PortReservationWorker

    Frees all runtime reservations of this session.

    .LINK
    Start-PortReservationWorker

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Worker')]
    param(
        [switch] $PassThru
    )

    . $script:UseCallerPreference
    $worker = $script:Session.Worker
    $target = if ($null -eq $worker) { 'none is running' } else { $worker.Whereabouts() }
    if (-not $PSCmdlet.ShouldProcess($target, 'Stop port reservation worker')) { return }
    $script:Session.Options = @{}
    if ($null -eq $worker) { return }
    if ($PassThru) { [FromWire]::Worker($worker) }
    Stop-Worker $worker
}
