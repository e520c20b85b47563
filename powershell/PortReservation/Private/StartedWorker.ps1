# A worker that this session has started: its process, and what it logs.
class StartedWorker : Worker {
    [System.Diagnostics.Process] $Process
    hidden [System.Collections.Generic.Queue[string]] $LastLines = [System.Collections.Generic.Queue[string]]::new()
    hidden [bool] $LogHasEnded = $false

    StartedWorker([System.Diagnostics.Process] $process) {
        $this.Process = $process
        $this.Stream = $process.StandardInput.BaseStream
    }

    hidden [bool] HasEnded() {
        return $this.Process.HasExited
    }

    # The last twenty lines are kept, to be told when the worker ends.
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

    # Ends the worker: by the end of its input, or by force, also where the first does not do.
    hidden [void] LetGo([bool] $isForced) {
        if ($null -ne $this.Connection.Holder) { $this.Connection.Holder.Dispose() }
        try {
            $this.Stream.Close()
        }
        catch {
            $isForced = $true
        }

        $this.WaitForExit($isForced)
        $this.Process.Dispose()
    }

    [string] Whereabouts() {
        return "process $($this.Process.Id)"
    }

    # The process is the worker's, unless a command line leads to one, maybe on another machine.
    [string] Describe() {
        if (-not $this.IsBehindCommand) { return ([Worker] $this).Describe() }
        return "The program '$($this.CommandLine[0])' ($($this.Whereabouts())), which leads to the worker,"
    }

    [string] DescribeLoss() {
        if (-not $this.IsBehindCommand) { return ([Worker] $this).DescribeLoss() }
        return 'The runtime reservations it held are free as soon as the worker has noticed.'
    }

    # With its last lines.
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

    [void] Tell([System.Threading.CancellationTokenSource] $end) {
        $this.Process.add_Exited([CompiledHandler]::Of([System.EventHandler], $end, 'Cancel'))
        $this.Process.EnableRaisingEvents = $true
    }

    # After five seconds, or at once by force, the process is killed.
    hidden [void] WaitForExit([bool] $isForced) {
        $patience = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not $this.Process.WaitForExit(50)) {
            if ($isForced -or $patience.ElapsedMilliseconds -gt 5000) { $this.Kill() }
        }
    }

    hidden [void] Kill() {
        try {
            $this.Process.Kill()
        }
        catch [System.InvalidOperationException], [System.ComponentModel.Win32Exception] {
            # It has ended meanwhile.
            return
        }
    }
}
