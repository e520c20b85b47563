# Holds runtime reservations of Windows in this process: their tokens are valid in the process that acquired them alone, so
# this is where Connect-PortReservation can use them. The worker decides what is acquired and keeps the record.
class RuntimeHolder {
    # By token; a reservation lives as long as the socket it was acquired on.
    hidden [hashtable] $Sockets = @{}

    # The reply to a request of the worker, without id.
    [hashtable] Serve([string] $method, [object] $params) {
        try {
            switch ($method) {
                'holder/acquire' {
                    $range = $params['range']
                    $token = $this.Acquire(
                        [string] $params['protocol'], [int] $range['startPort'], [int] $range['numberOfPorts'])
                    return @{ result = @{ token = [string] $token } }
                }
                'holder/release' {
                    $this.Release([uint64]::Parse([string] $params['token']))
                    return @{ result = $null }
                }
                'holder/probe' {
                    $token = [uint64]::Parse([string] $params['token'])
                    $port = $this.Probe([string] $params['protocol'], $token, [int] $params['port'])
                    return @{ result = @{ port = $port } }
                }
            }
            return @{ error = @{ code = -32601; message = "There is no method $method." } }
        }
        catch {
            $failure = $_.Exception.GetBaseException()
            $data = @{ name = 'OsError'; osFunction = 'WSAIoctl' }
            if ($failure -is [System.Net.Sockets.SocketException]) { $data.osCode = $failure.NativeErrorCode }
            return @{ error = @{ code = 8; message = $failure.Message; data = $data } }
        }
        return $null
    }

    # SIO_ACQUIRE_PORT_RESERVATION: in goes INET_PORT_RANGE, out comes INET_PORT_RESERVATION_INSTANCE (mstcpip.h).
    hidden [uint64] Acquire([string] $protocol, [int] $startPort, [int] $numberOfPorts) {
        $socket = [ReservationSocket]::Open($protocol, [System.Net.IPAddress]::IPv6Any)
        try {
            $instance = [byte[]]::new(16)
            $range = [ReservationSocket]::Range($startPort, $numberOfPorts)
            $null = $socket.IOControl([ReservationSocket]::AcquireCode, $range, $instance)
            $token = [System.BitConverter]::ToUInt64($instance, 8)
            $this.Sockets[$token] = $socket
            return $token
        }
        catch {
            $socket.Dispose()
            throw
        }
    }

    hidden [void] Release([uint64] $token) {
        $socket = $this.Sockets[$token]
        if ($null -eq $socket) { return }
        $this.Sockets.Remove($token)
        try {
            $null = $socket.IOControl([ReservationSocket]::ReleaseCode, [System.BitConverter]::GetBytes($token), $null)
        }
        finally {
            $socket.Dispose()
        }
    }

    hidden [int] Probe([string] $protocol, [uint64] $token, [int] $port) {
        $socket = [ReservationSocket]::Open($protocol, [System.Net.IPAddress]::IPv6Any)
        try {
            [ReservationSocket]::Associate($socket, $token)
            $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::IPv6Any, $port))
            return $socket.LocalEndPoint.Port
        }
        finally {
            $socket.Dispose()
        }
    }

    # Frees all: closing the sockets suffices.
    [void] Dispose() {
        foreach ($socket in @($this.Sockets.Values)) { $socket.Dispose() }
        $this.Sockets.Clear()
    }
}
