# Holds runtime reservations of Windows in this process: their tokens are valid in the process that acquired them alone, so
# this is where Connect-PortReservation can use them. The worker decides what is acquired and keeps the record.
class RuntimeHolder {
    # By token; a reservation lives as long as the socket it was acquired on.
    hidden [hashtable] $Sockets = @{}
    # Cancelled when the worker ends. Then every socket is closed, also one that comes later.
    hidden [System.Threading.CancellationTokenSource] $End = [System.Threading.CancellationTokenSource]::new()
    # The system's call under way, or the last one.
    hidden [string] $Call = ''

    # What is held ends with the worker at once, also while no cmdlet runs.
    [void] EndWith([object] $worker) {
        $worker.Tell($this.End)
    }

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
            $data = @{ name = 'OsError'; osFunction = $this.Call }
            if ($failure -is [System.Net.Sockets.SocketException]) { $data.osCode = $failure.NativeErrorCode }
            return @{ error = @{ code = 8; message = $failure.Message; data = $data } }
        }
        return $null
    }

    hidden [uint64] Acquire([string] $protocol, [int] $startPort, [int] $numberOfPorts) {
        $socket = [ReservationSocket]::Open($protocol, [System.Net.IPAddress]::IPv6Any)
        try {
            $this.Call = 'SIO_ACQUIRE_PORT_RESERVATION'
            $token = [ReservationSocket]::Acquire($socket, $startPort, $numberOfPorts)
            $this.Sockets[$token] = $socket
            $null = $this.End.Token.Register([System.Delegate]::CreateDelegate([System.Action], $socket, 'Dispose'))
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
            [ReservationSocket]::Release($socket, $token)
        }
        catch {
            # Refused while another socket of this process carries the token; closing this one frees the ports all the same.
            return
        }
        finally {
            $socket.Dispose()
        }
    }

    hidden [int] Probe([string] $protocol, [uint64] $token, [int] $port) {
        $socket = [ReservationSocket]::Open($protocol, [System.Net.IPAddress]::IPv6Any)
        try {
            $this.Call = 'SIO_ASSOCIATE_PORT_RESERVATION'
            [ReservationSocket]::PutToken($socket, $token)
            $this.Call = 'bind'
            $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::IPv6Any, $port))
            return $socket.LocalEndPoint.Port
        }
        finally {
            $socket.Dispose()
        }
    }

    # Frees all. Released first: a program started from .NET Framework inherits a socket, and keeps it open.
    [void] Dispose() {
        foreach ($token in @($this.Sockets.Keys)) { $this.Release($token) }
        $this.End.Cancel()
    }
}
