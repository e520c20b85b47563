# The worker of this runspace; started where there is none. Ends the cmdlet where it cannot be.
function Get-Worker {
    param([System.Management.Automation.PSCmdlet] $Cmdlet)

    $worker = $script:Session.Worker
    if ($null -ne $worker) {
        if ($worker.IsUsable()) { return $worker }
        $how = if ($null -eq $worker.Connection.Failure) { $worker.DescribeEnd() }
        else { 'The worker is ended, because a message to it was interrupted halfway.' }
        $Cmdlet.WriteWarning("$how $($worker.DescribeLoss()) A new worker is started.")
        Stop-Worker $worker
    }

    $worker = Start-Worker $script:Session.Options
    if ($worker -is [System.Management.Automation.ErrorRecord]) { $Cmdlet.ThrowTerminatingError($worker) }
    $worker
}

# Starts a worker in the way that Start-PortReservationWorker was told. Gives the worker, or the error record that says why
# there is none.
function Start-Worker {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The cmdlet has asked.')]
    param([hashtable] $Options)

    if ($Options.ContainsKey('CommandLine')) { return New-Worker $Options.CommandLine $Options }
    $address = Get-WorkerAddress $Options
    if ($address) {
        $joined = Join-Worker $address $Options
        # Where nobody serves this user at an address of the environment, all is as without it.
        if ($joined -is [Worker] -or $Options['Address']) { return $joined }
    }

    $program = Find-WorkerProgram $Options
    if ($program) { return New-Worker @($program, 'serve', '--stdio') $Options }

    $node = Find-Node $Options['NodePath']
    if ($node -isnot [string]) { return $node }
    $file = $Options['WorkerPath']
    if (-not $file) {
        $module = $ExecutionContext.SessionState.Module
        $file = [System.IO.Path]::Combine($module.ModuleBase, 'worker', 'worker.mjs')
    }

    if (-not [System.IO.File]::Exists($file)) {
        return New-ErrorRecord 'WorkerNotFound' "The worker '$file' does not exist." ObjectNotFound (
            'Install the module again, or name the worker by Start-PortReservationWorker -WorkerPath.') $file
    }

    # Node says its version while the worker starts. Its age comes first: it may be why the worker failed.
    $query = Start-NodeVersionQuery $node
    $worker = New-Worker @($node, $file, '--stdio') $Options
    $tooOld = Complete-NodeVersionQuery $node $query
    if ($null -eq $tooOld) { return $worker }
    if ($worker -is [Worker]) { Stop-Worker $worker }
    $tooOld
}

# Ends the worker and forgets it.
function Stop-Worker {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The cmdlet has asked.')]
    param([object] $Worker)

    if ($null -eq $Worker) { return }
    if ([object]::ReferenceEquals($script:Session.Worker, $Worker)) { $script:Session.Worker = $null }
    $Worker.Stop($false)
}
