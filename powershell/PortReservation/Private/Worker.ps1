# A running worker: its process, the conversation with it, and what it logs.
class Worker {
    [System.Diagnostics.Process] $Process
    [string[]] $CommandLine
    # Whether that is a program of the caller's choice, behind which may be another machine.
    [bool] $IsBehindCommand
    [object] $Connection
    # What the worker answered to initialize.
    [object] $Info
    # Lines of its log that no cmdlet has shown yet; a null is the end of the log.
    [System.Collections.Concurrent.ConcurrentQueue[string]] $Log
    hidden [System.Collections.Generic.Queue[string]] $LastLines = [System.Collections.Generic.Queue[string]]::new()
    hidden [bool] $LogHasEnded = $false
    hidden [bool] $IsStopped = $false
    hidden [System.Management.Automation.Runspaces.Runspace] $Runspace
    hidden [System.Delegate] $AtRunspaceEnd

    [bool] IsUsable() {
        return $null -eq $this.Connection.Failure -and -not $this.Process.HasExited
    }

    # The lines logged since the last call. The last twenty are kept, to be told when the worker ends.
    [System.Collections.Generic.List[string]] ReadLog() {
        $lines = [System.Collections.Generic.List[string]]::new()
        $line = ''
        while ($this.Log.TryDequeue([ref] $line)) {
            if ($null -eq $line) {
                $this.LogHasEnded = $true
                continue
            }

            $lines.Add($line)
            $this.LastLines.Enqueue($line)
            if ($this.LastLines.Count -gt 20) { $null = $this.LastLines.Dequeue() }
        }

        return $lines
    }

    # A runspace that is closed, as those of ForEach-Object -Parallel and of thread jobs are, runs no OnRemove of the module. The
    # state of an open one changes when it ends, and then so does the worker's input.
    [void] EndWith([System.Management.Automation.Runspaces.Runspace] $runspace) {
        $this.Runspace = $runspace
        $this.AtRunspaceEnd = [CompiledHandler]::Of(
            [System.EventHandler[System.Management.Automation.Runspaces.RunspaceStateEventArgs]],
            $this.Process.StandardInput.BaseStream, 'Close')
        $runspace.add_StateChanged($this.AtRunspaceEnd)
    }

    # Ends the worker, which frees what it holds: by the end of its input, or by force, also where the first does not do.
    [void] Stop([bool] $isForced) {
        if ($this.IsStopped) { return }
        $this.IsStopped = $true
        if ($null -ne $this.Runspace) { $this.Runspace.remove_StateChanged($this.AtRunspaceEnd) }
        if ($null -ne $this.Connection.Holder) { $this.Connection.Holder.Dispose() }
        $isBroken = $null -ne $this.Connection.Failure
        try {
            $this.Process.StandardInput.BaseStream.Close()
        }
        catch {
            $isBroken = $true
        }

        $this.WaitForExit($isForced -or $isBroken)
        $this.Process.Dispose()
    }

    # What to call it. The process is the worker's, unless a command line leads to one, maybe on another machine.
    [string] Describe() {
        $id = "(process $($this.Process.Id))"
        if (-not $this.IsBehindCommand) { return "The worker $id" }
        return "The program '$($this.CommandLine[0])' $id, which leads to the worker,"
    }

    # What became of what it held.
    [string] DescribeLoss() {
        if (-not $this.IsBehindCommand) { return 'The runtime reservations it held are free.' }
        return 'The runtime reservations it held are free as soon as the worker has noticed.'
    }

    # How the worker ended, in a sentence, with its last lines.
    [string] DescribeEnd() {
        $this.WaitForExit($false)
        # The last lines arrive shortly after the end, unless a child of the worker keeps the stream open.
        for ($tries = 0; $tries -lt 100 -and -not $this.LogHasEnded; $tries++) {
            $null = $this.ReadLog()
            [System.Threading.Thread]::Sleep(10)
        }

        $text = "$($this.Describe()) ended with exit code $($this.Process.ExitCode)."
        if ($this.LastLines.Count -gt 0) { $text += " Its last lines: $($this.LastLines -join "`n")" }
        return $text
    }

    # After five seconds, or at once by force, the process is killed.
    hidden [void] WaitForExit([bool] $isForced) {
        $patience = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not $this.Process.WaitForExit(50)) {
            if ($isForced -or $patience.ElapsedMilliseconds -gt 5000) { $this.Kill() }
        }
    }

    [void] Kill() {
        try {
            $this.Process.Kill()
        }
        catch [System.InvalidOperationException], [System.ComponentModel.Win32Exception] {
            # It has ended meanwhile.
            return
        }
    }
}
