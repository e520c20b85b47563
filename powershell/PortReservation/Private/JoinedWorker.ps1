# A worker that serves at an address: portreservation exec around this session, or serve --listen. What it holds for this session
# ends with the connection.
class JoinedWorker : Worker {
    # Of a unix socket; $null of a pipe.
    [System.Net.Sockets.Socket] $Socket

    JoinedWorker([string] $address, [System.IO.Stream] $stream, [System.Net.Sockets.Socket] $socket) {
        $this.Address = $address
        $this.Stream = $stream
        $this.Socket = $socket
        $this.Log = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
    }

    hidden [bool] HasEnded() {
        if ($null -eq $this.Socket) { return $this.Connection.IsAtEnd() }
        # What can be read and is nothing is the end.
        return $this.Socket.Poll(0, [System.Net.Sockets.SelectMode]::SelectRead) -and $this.Socket.Available -eq 0
    }

    # It answers when all is free that it holds for this session.
    hidden [void] LetGo([bool] $isForced) {
        if (-not $isForced) { $null = $this.Connection.Request('shutdown', @{}, 5000) }
        if ($null -ne $this.Connection.Holder) { $this.Connection.Holder.Dispose() }
        $this.Stream.Dispose()
    }

    [string] Whereabouts() {
        return "at $($this.Address)"
    }

    [string] DescribeEnd() {
        return "$($this.Describe()) has ended, or has closed the connection."
    }

    [void] Tell([System.Threading.CancellationTokenSource] $end) {
        $this.Connection.AtRead = [CompiledHandler]::OfLastRead($end)
    }
}
