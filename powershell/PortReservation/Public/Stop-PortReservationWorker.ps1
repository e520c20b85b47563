function Stop-PortReservationWorker {
    <#
    .SYNOPSIS
    Stops the worker process of this session. Its runtime reservations end.

    .DESCRIPTION
    Ends the worker, which frees the runtime reservations it holds; persistent ones stay. A worker that does not
    end within five seconds is killed, with the same effect. What Start-PortReservationWorker was told is
    forgotten: the next cmdlet that needs a worker starts the default one. Without a worker nothing happens.

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
    $target = if ($null -eq $worker) { 'none is running' } else { "process $($worker.Process.Id)" }
    if (-not $PSCmdlet.ShouldProcess($target, 'Stop port reservation worker')) { return }
    $script:Session.Options = @{}
    if ($null -eq $worker) { return }
    if ($PassThru) { [FromWire]::Worker($worker) }
    Stop-Worker $worker
}
