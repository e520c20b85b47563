# Starts the worker's process and makes it the worker of this runspace. Gives the worker, or the error record that says why there
# is none.
function New-Worker {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The cmdlet has asked.')]
    param([string[]] $CommandLine, [hashtable] $Options)

    $process = [RedirectedProcess]::Start($CommandLine)
    if ($process -isnot [System.Diagnostics.Process]) {
        return New-ErrorRecord 'WorkerStartFailed' "The worker cannot be started: $process" OpenError (
            'Check that the program is there and may be run.') ($CommandLine -join ' ')
    }

    $worker = [StartedWorker]::new($process)
    $worker.CommandLine = $CommandLine
    $worker.IsBehindCommand = $Options.ContainsKey('CommandLine')
    $worker.Connection = [WorkerConnection]::new(
        $process.StandardInput.BaseStream, $process.StandardOutput.BaseStream, [FrameReader]::new(), [WorkerJson])
    $worker.Log = Start-WorkerLog $process
    Open-Worker $worker $Options
}

# Opens the conversation, and makes it the worker of this runspace. Gives the worker, or the error record that says why it is none.
function Open-Worker {
    param([object] $Worker, [hashtable] $Options)

    $isOpen = $false
    try {
        $Worker.EndWith([runspace]::DefaultRunspace)
        $failure = Open-Conversation $Worker $Options
        $isOpen = $null -eq $failure
    }
    finally {
        # It holds nothing yet.
        if (-not $isOpen) { $Worker.Stop($true) }
    }

    if (-not $isOpen) { return $failure }
    $script:Session.Worker = $Worker
    $Worker
}

# Both sides must speak the same version of the protocol. Gives nothing, or the error record that says why it cannot be.
function Open-Conversation {
    param([object] $Worker, [hashtable] $Options)

    $module = $ExecutionContext.SessionState.Module
    $params = @{
        protocolVersion = $script:ProtocolVersion
        clientInfo      = @{ name = $module.Name; version = $module.Version.ToString() }
    }
    # One that serves others, too, has a choice of its own.
    $isLeft = $Worker.Address -and $Options['Provider'] -eq 'Auto'
    if ($Options['Provider'] -and -not $isLeft) { $params.provider = $Options.Provider.ToLowerInvariant() }
    # On another machine this id is somebody else's, and nothing could be held for it here.
    if (-not $Worker.IsBehindCommand) {
        $params.processId = $PID
        if ([ReservationSocket]::IsWindows()) {
            $Worker.Connection.Holder = [RuntimeHolder]::new()
            $Worker.Connection.Holder.EndWith($Worker)
            $params.capabilities = @{ holder = $true }
        }
    }

    $seconds = if ($Options['StartTimeout']) { $Options.StartTimeout } else { 30 }
    $reply = $Worker.Connection.Request('initialize', $params, $seconds * 1000)
    if ($null -eq $reply) { return ConvertTo-ConnectionError $Worker 'initialize' }
    $target = $Worker.Name()
    if ($null -ne $reply['error']) { return ConvertTo-ErrorRecord $reply['error'] $target }
    $Worker.Info = $reply['result']
    $theirs = [string] $Worker.Info['protocolVersion']
    if ($theirs -eq [string] $script:ProtocolVersion) { return }
    New-ErrorRecord 'ProtocolVersionMismatch' (
        "The worker speaks protocol version '$theirs' and module $($module.Name) $($module.Version) version " +
        "$script:ProtocolVersion; install both from the same release.") InvalidResult (
        'Use the worker that comes with the module, or install both from the same release.') $target
}
