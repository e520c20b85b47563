# What PowerShell 7 has and Windows PowerShell 5.1 has not: its JSON, and unix sockets. The other edition has Json.Desktop.ps1; the
# module loads one of them.
# What is read answers to $value['key'] ($null where there is none), and arrays to foreach, in both editions.
class WorkerJson {
    static [string] Write([hashtable] $value) {
        return [System.Text.Json.JsonSerializer]::Serialize($value, [hashtable])
    }

    static [object] Read([string] $text) {
        return [System.Text.Json.Nodes.JsonNode]::Parse($text)
    }
}

class UnixSocket {
    # Begins to connect; $null where nobody can be at such a path.
    static [System.Threading.Tasks.Task] Connect([System.Net.Sockets.Socket] $socket, [string] $path) {
        if (-not [System.IO.File]::Exists($path) -or [System.Text.Encoding]::UTF8.GetByteCount($path) -gt 103) { return $null }
        return $socket.ConnectAsync([System.Net.Sockets.UnixDomainSocketEndPoint]::new($path))
    }

    static [System.Net.Sockets.Socket] Open() {
        return [System.Net.Sockets.Socket]::new(
            [System.Net.Sockets.AddressFamily]::Unix, [System.Net.Sockets.SocketType]::Stream, [System.Net.Sockets.ProtocolType]::Unspecified)
    }
}
