# What does the work of this runspace: the conversation with it, and what it logs. A StartedWorker is a process of this session's
# own, a JoinedWorker serves others, too.
class Worker {
    # How it was started; empty where it was not.
    [string[]] $CommandLine = @()
    # Where it listens; empty where it was started.
    [string] $Address = ''
    # Whether it was started by a program of the caller's choice, behind which may be another machine.
    [bool] $IsBehindCommand
    [object] $Connection
    # What the worker answered to initialize.
    [object] $Info
    # Lines of its log that no cmdlet has shown yet; a null is the end of the log.
    [System.Collections.Concurrent.ConcurrentQueue[string]] $Log
    # What it is written to. It lets this session go when that ends.
    hidden [System.IO.Stream] $Stream
    hidden [bool] $IsStopped = $false
    hidden [System.Management.Automation.Runspaces.Runspace] $Runspace
    hidden [System.Delegate] $AtRunspaceEnd

    [bool] IsUsable() {
        return $null -eq $this.Connection.Failure -and -not $this.HasEnded()
    }

    # The lines logged since the last call.
    [System.Collections.Generic.List[string]] ReadLog() {
        return [System.Collections.Generic.List[string]]::new()
    }

    # A runspace that is closed, as those of ForEach-Object -Parallel and of thread jobs are, runs no OnRemove of the module. The
    # state of an open one changes when it ends, and then so does the worker's input.
    [void] EndWith([System.Management.Automation.Runspaces.Runspace] $runspace) {
        $this.Runspace = $runspace
        $this.AtRunspaceEnd = [CompiledHandler]::Of(
            [System.EventHandler[System.Management.Automation.Runspaces.RunspaceStateEventArgs]], $this.Stream, 'Close')
        $runspace.add_StateChanged($this.AtRunspaceEnd)
    }

    # Lets it go, by force also where it does not answer. What it holds for this session is free then.
    [void] Stop([bool] $isForced) {
        if ($this.IsStopped) { return }
        $this.IsStopped = $true
        if ($null -ne $this.Runspace) { $this.Runspace.remove_StateChanged($this.AtRunspaceEnd) }
        $this.LetGo($isForced -or $null -ne $this.Connection.Failure)
    }

    # What to call it.
    [string] Describe() {
        return "The worker ($($this.Whereabouts()))"
    }

    # What became of what it held.
    [string] DescribeLoss() {
        return 'The runtime reservations it held are free.'
    }

    # What it is known by in an error record.
    [string] Name() {
        if ($this.Address) { return $this.Address }
        return $this.CommandLine -join ' '
    }

    # Of each kind its own: whether it is gone, how to let it go, which one it is, how it ended in a sentence, and whom to tell.
    hidden [bool] HasEnded() { return $true }
    hidden [void] LetGo([bool] $isForced) { }
    [string] Whereabouts() { return '' }
    [string] DescribeEnd() { return '' }
    [void] Tell([System.Threading.CancellationTokenSource] $end) { }
}
