# Reads a process's standard error from now on, also while no cmdlet runs, so that the process never waits for us.
# Gives the queue that the lines arrive in, bounded to the last 200; a null is the end of the stream.
function Start-WorkerLog {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'It reads and changes nothing.')]
    param([System.Diagnostics.Process] $Process)

    # A script block cannot run on the thread pool, where the lines arrive. So the handler is compiled from an expression:
    # (sender, e) => { lines.Enqueue(e.Data); if (lines.Count > 200) lines.TryDequeue(out dropped); }
    $lines = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
    $expression = [System.Linq.Expressions.Expression]
    $queue = $expression::Constant($lines)
    $dropped = $expression::Variable([string], 'dropped')
    [System.Linq.Expressions.ParameterExpression[]] $parameters =
        $expression::Parameter([object], 'sender'),
        $expression::Parameter([System.Diagnostics.DataReceivedEventArgs], 'e')
    [System.Linq.Expressions.Expression[]] $steps =
        $expression::Call($queue, $lines.GetType().GetMethod('Enqueue'), $expression::Property($parameters[1], 'Data')),
        $expression::IfThen(
            $expression::GreaterThan($expression::Property($queue, 'Count'), $expression::Constant(200)),
            $expression::Call($queue, $lines.GetType().GetMethod('TryDequeue'), $dropped))
    $body = $expression::Block([System.Linq.Expressions.ParameterExpression[]] @($dropped), $steps)
    $handler = $expression::Lambda([System.Diagnostics.DataReceivedEventHandler], $body, $parameters).Compile()
    $Process.add_ErrorDataReceived($handler)
    $Process.BeginErrorReadLine()
    # The comma keeps the queue whole.
    , $lines
}

# Passes what the worker has logged since the last time to the cmdlet's streams, by its level.
function Write-WorkerLog {
    param([object] $Worker, [System.Management.Automation.PSCmdlet] $Cmdlet)

    foreach ($line in $Worker.ReadLog()) {
        $level, $message = [LogLine]::Read([WorkerJson], $line)
        switch ($level) {
            'error' { $Cmdlet.WriteWarning("Worker: $message") }
            'warn' { $Cmdlet.WriteWarning("Worker: $message") }
            'debug' { $Cmdlet.WriteDebug("Worker: $message") }
            default { $Cmdlet.WriteVerbose("Worker: $message") }
        }
    }
}

class LogLine {
    # Level and message. A line that is not the worker's own, but Node's or of a program on the way, has no level.
    static [string[]] Read([type] $json, [string] $line) {
        if (-not $line.StartsWith('{')) { return '', $line }
        try {
            $entry = $json::Read($line)
            return [string] $entry['level'], [string] $entry['message']
        }
        catch {
            return '', $line
        }
    }
}
