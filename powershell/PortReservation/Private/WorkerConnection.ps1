# A JSON-RPC conversation over two streams. Failures are values here and not thrown: an exception that a function catches
# would still land in the -ErrorVariable of the cmdlet, beside the error made of it.
class WorkerConnection {
    hidden [System.IO.Stream] $Input
    hidden [System.IO.Stream] $Output
    hidden [object] $Frames
    hidden [type] $Json
    # The read under way. It outlives a call that was interrupted; the next call takes what it brings.
    hidden [System.Threading.Tasks.Task[int]] $Reading
    # The write under way, or the last one.
    hidden [System.Threading.Tasks.Task] $Writing
    hidden [int] $LastId = 0
    # By id of the requests that wait; $null until the reply is there. A reply to any other comes too late and is dropped.
    hidden [hashtable] $Replies = @{}
    # Serves the worker's holder/ requests; $null where it is told that nobody does.
    [object] $Holder
    # What is sent of these is never taken back, as by Ctrl+C: what they free is to be free.
    hidden static [string[]] $Final = @('reservation/release')
    # Is told of the progress of the call under way; $null where nobody asked.
    hidden [object] $Progress
    # Is told of each read what it brought, also while no cmdlet runs; $null where nobody needs to know.
    [System.Action[System.Threading.Tasks.Task[int]]] $AtRead
    # Why nothing can follow: a FormatException or ArgumentException for what is not the protocol, or that of the stream.
    [System.Exception] $Failure

    # What it writes to, what it reads from, the reader that cuts that into frames, and the class that knows JSON. Neither is
    # named here: a class must be there before a file that names it in a class is read.
    WorkerConnection(
        [System.IO.Stream] $toWorker, [System.IO.Stream] $fromWorker, [object] $frameReader, [type] $json
    ) {
        $this.Input = $toWorker
        $this.Output = $fromWorker
        $this.Frames = $frameReader
        $this.Json = $json
    }

    # The reply, with its result or error; $null where none came: in time, or because of a failure. 0 milliseconds wait for
    # ever. Ctrl+C takes effect between two looks at the stream. After it, as when time is up, the other side is told, and the
    # conversation can go on.
    [object] Request([string] $method, [hashtable] $params, [int] $milliseconds) {
        return $this.Request($method, $params, $milliseconds, $null)
    }

    # The same for a method that takes a workDoneToken: a WorkerProgress is told how far it is.
    [object] Request([string] $method, [hashtable] $params, [int] $milliseconds, [object] $workerProgress) {
        $deadline = [datetime]::MaxValue
        if ($milliseconds -gt 0) { $deadline = [datetime]::UtcNow.AddMilliseconds($milliseconds) }
        $id = ++$this.LastId
        $this.Progress = $workerProgress
        if ($null -ne $workerProgress) { $workerProgress.Token = $params.workDoneToken = $id }
        $this.Writing = $null
        $reply = $null
        try {
            $this.Replies[$id] = $null
            $text = $this.Json::Write($params)
            $this.Send('{"jsonrpc":"2.0","id":' + $id + ',"method":"' + $method + '","params":' + $text + '}', $deadline)
            while ($null -eq $this.Replies[$id]) { $this.Receive($deadline) }
            $reply = $this.Replies[$id]
        }
        catch [System.TimeoutException] {
            # Given up, as by Ctrl+C.
            $reply = $null
        }
        catch {
            $this.Failure = [WorkerConnection]::Unwrap($_.Exception)
        }
        finally {
            $this.Replies.Remove($id)
            $this.Progress = $null
            # Where nothing was written yet there is nothing to take back.
            $isOpen = $null -eq $reply -and $null -eq $this.Failure -and $null -ne $this.Writing
            if ($isOpen -and [WorkerConnection]::Final -notcontains $method) { $this.Cancel($id) }
            if ($null -ne $this.AtRead -and $null -eq $this.Failure) { $this.Read() }
        }

        return $reply
    }

    # Sends a request whose reply nobody waits for. It comes where the pipeline is being stopped, so it does not wait for long.
    [void] Post([string] $method, [hashtable] $params) {
        $deadline = [datetime]::UtcNow.AddSeconds(1)
        try {
            # A write goes on when the pipeline is stopped; a message must not begin inside another.
            if ($null -ne $this.Writing) { $this.Wait($this.Writing, $deadline) }
            $id = ++$this.LastId
            $text = $this.Json::Write($params)
            $this.Send('{"jsonrpc":"2.0","id":' + $id + ',"method":"' + $method + '","params":' + $text + '}', $deadline)
        }
        catch {
            $this.Failure = [WorkerConnection]::Unwrap($_.Exception)
        }
    }

    # Takes the next message.
    hidden [void] Receive([datetime] $deadline) {
        # Ctrl+C takes effect where a loop begins anew; a message that was cut out must not be lost there.
        while (-not $this.KeepNext()) {
            $this.Read()
            $this.Wait($this.Reading, $deadline)
            $count = 0
            try {
                $count = $this.Reading.Result
            }
            finally {
                # Here Ctrl+C cannot come between, and no byte is lost.
                $this.Reading = $null
                $this.Frames.Take($count)
            }

            if ($count -eq 0) { throw [System.IO.EndOfStreamException]::new() }
        }
    }

    # Begins to read, where that is not under way.
    hidden [void] Read() {
        if ($null -ne $this.Reading) { return }
        $this.Reading = $this.Frames.Receive($this.Output)
        if ($null -ne $this.AtRead) { $null = $this.Reading.ContinueWith($this.AtRead) }
    }

    # Whether the other side has closed its end.
    [bool] IsAtEnd() {
        $this.Read()
        return $this.Reading.IsCompleted -and ($this.Reading.IsFaulted -or $this.Reading.Result -eq 0)
    }

    hidden [bool] KeepNext() {
        $body = $this.Frames.Next()
        if ($null -eq $body) { return $false }
        $this.Keep($body)
        return $true
    }

    hidden [void] Keep([string] $body) {
        try {
            $message = $this.Json::Read($body)
            $id = $message['id']
            $isRequest = $null -ne $message['method']
        }
        catch {
            throw [System.FormatException]::new("a body is no JSON object ($($_.Exception.GetBaseException().Message))")
        }

        if ($isRequest) {
            $this.Serve($message)
            return
        }

        if ($null -eq $id) {
            throw [System.FormatException]::new("it did not understand what it was sent ($($message['error']))")
        }

        if ($this.Replies.ContainsKey([int] $id)) { $this.Replies[[int] $id] = $message }
    }

    # A request of the worker is answered at once, also where nobody here serves it. Of its notifications the progress of the
    # call under way is of interest; that of a call given up may still come.
    hidden [void] Serve([object] $message) {
        $method = [string] $message['method']
        if ($null -eq $message['id']) {
            $told = $message['params']
            if ($method -ne '$/progress' -or $null -eq $this.Progress) { return }
            if ([string] $told['token'] -eq [string] $this.Progress.Token) { $this.Progress.Show($told['value']) }
            return
        }

        $answer = @{ error = @{ code = -32601; message = "There is no method $method." } }
        if ($null -ne $this.Holder) { $answer = $this.Holder.Serve($method, $message['params']) }
        $answer.jsonrpc = '2.0'
        $answer.id = [int] $message['id']
        $this.Send($this.Json::Write($answer), [datetime]::MaxValue)
    }

    hidden [void] Send([string] $message, [datetime] $deadline) {
        $utf8 = [System.Text.Encoding]::UTF8
        $frame = $utf8.GetBytes('Content-Length: ' + $utf8.GetByteCount($message) + "`r`n`r`n" + $message)
        $this.Writing = $this.Input.WriteAsync($frame, 0, $frame.Length)
        $this.Wait($this.Writing, $deadline)
        # Only .NET Framework buffers what goes into a pipe.
        if ($this.Input -is [System.IO.FileStream]) { $this.Wait($this.Input.FlushAsync(), $deadline) }
    }

    # The pipeline is being stopped, so the answer is not waited for; but a worker that waits for the holder keeps the ledger
    # locked, so it is served until it has given up.
    hidden [void] Cancel([int] $id) {
        $deadline = [datetime]::UtcNow.AddSeconds(1)
        $isTold = $false
        try {
            # A write goes on when the pipeline is stopped; a message must not begin inside another.
            $this.Wait($this.Writing, $deadline)
            $this.Send('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":' + $id + '}}', $deadline)
            $isTold = $true
            if ($null -eq $this.Holder) { return }
            $this.Replies[$id] = $null
            while ($null -eq $this.Replies[$id]) { $this.Receive($deadline) }
        }
        catch {
            if ($isTold -and $_.Exception -is [System.TimeoutException]) { return }
            $this.Failure = [WorkerConnection]::Unwrap($_.Exception)
        }
        finally {
            $this.Replies.Remove($id)
        }
    }

    # Short waits: while .NET waits, the pipeline cannot be stopped.
    hidden [void] Wait([System.Threading.Tasks.Task] $task, [datetime] $deadline) {
        while (-not $task.Wait(50)) {
            if ([datetime]::UtcNow -gt $deadline) { throw [System.TimeoutException]::new() }
        }
    }

    # PowerShell and tasks wrap what a stream throws; what lies inside that is the system's, and says less.
    hidden static [System.Exception] Unwrap([System.Exception] $exception) {
        $inner = $exception
        while ($inner -is [System.Management.Automation.RuntimeException] -or $inner -is [System.AggregateException]) {
            if ($null -eq $inner.InnerException) { break }
            $inner = $inner.InnerException
        }

        return $inner
    }
}
