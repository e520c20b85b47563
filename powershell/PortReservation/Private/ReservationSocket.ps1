# What a socket needs so that it may bind inside a reservation.
class ReservationSocket {
    # SIO_ACQUIRE_, SIO_RELEASE_ and SIO_ASSOCIATE_PORT_RESERVATION (mstcpip.h), 0x98000064 to 66 as signed numbers.
    static [int] $AcquireCode = -1744830364
    static [int] $ReleaseCode = -1744830363
    static [int] $AssociateCode = -1744830362
    # Level and option by which Linux takes the token of a reservation that its kernel enforces; docs/linux-kernel.md.
    static [int] $TokenLevel = 0x5052
    static [int] $TokenOption = 1
    # INET_PORT_RESERVATION_INSTANCE: its bytes, and where its token begins.
    static [int] $InstanceSize = 16
    static [int] $TokenOffset = 8

    static [bool] IsWindows() {
        return [System.Environment]::OSVersion.Platform -eq [System.PlatformID]::Win32NT
    }

    # A new socket for the address; the any-address of IPv6 takes IPv4 too.
    static [System.Net.Sockets.Socket] Open([string] $protocol, [System.Net.IPAddress] $address) {
        $type, $number = [System.Net.Sockets.SocketType]::Stream, [System.Net.Sockets.ProtocolType]::Tcp
        if ($protocol -eq 'Udp') {
            $type, $number = [System.Net.Sockets.SocketType]::Dgram, [System.Net.Sockets.ProtocolType]::Udp
        }

        $socket = [System.Net.Sockets.Socket]::new($address.AddressFamily, $type, $number)
        if ($address.Equals([System.Net.IPAddress]::IPv6Any)) { $socket.DualMode = $true }
        return $socket
    }

    # Asking a closed socket for an option is an error, in every version of .NET.
    static [bool] IsClosed([System.Net.Sockets.Socket] $socket) {
        try {
            $level = [System.Net.Sockets.SocketOptionLevel]::Socket
            $null = $socket.GetSocketOption($level, [System.Net.Sockets.SocketOptionName]::Type)
            return $false
        }
        catch [System.ObjectDisposedException] {
            return $true
        }

        return $false
    }

    # INET_PORT_RANGE: StartPort in network byte order, NumberOfPorts in the machine's own.
    static [byte[]] Range([int] $startPort, [int] $numberOfPorts) {
        $start = [System.BitConverter]::GetBytes([System.Net.IPAddress]::HostToNetworkOrder([int16] (
            [ReservationSocket]::AsInt16($startPort))))
        $count = [System.BitConverter]::GetBytes([uint16] $numberOfPorts)
        return [byte[]] ($start + $count)
    }

    # Reserves the range for as long as the socket is open, and gives the token.
    static [uint64] Acquire([System.Net.Sockets.Socket] $socket, [int] $startPort, [int] $numberOfPorts) {
        $instance = [byte[]]::new([ReservationSocket]::InstanceSize)
        $range = [ReservationSocket]::Range($startPort, $numberOfPorts)
        $null = $socket.IOControl([ReservationSocket]::AcquireCode, $range, $instance)
        return [System.BitConverter]::ToUInt64($instance, [ReservationSocket]::TokenOffset)
    }

    static [void] Release([System.Net.Sockets.Socket] $socket, [uint64] $token) {
        $null = $socket.IOControl([ReservationSocket]::ReleaseCode, [System.BitConverter]::GetBytes($token), $null)
    }

    hidden static [int16] AsInt16([int] $number) {
        return [System.BitConverter]::ToInt16([System.BitConverter]::GetBytes([uint16] $number), 0)
    }

    # Lets the socket bind inside the reservation, before bind. Where the kernel enforces it the token is put on it. Elsewhere the
    # holder of the ports lets sockets of the same user join that set SO_REUSEPORT, which is what .NET's ReuseAddress sets on Unix.
    static [void] Associate([System.Net.Sockets.Socket] $socket, [object] $reservation) {
        $token = [uint64] $reservation.Token
        if ([ReservationSocket]::IsWindows() -or $reservation.Enforcement -eq 'Kernel') {
            [ReservationSocket]::PutToken($socket, $token)
            return
        }

        $level = [System.Net.Sockets.SocketOptionLevel]::Socket
        $socket.SetSocketOption($level, [System.Net.Sockets.SocketOptionName]::ReuseAddress, $true)
    }

    static [void] PutToken([System.Net.Sockets.Socket] $socket, [uint64] $token) {
        if ([ReservationSocket]::IsWindows()) {
            $null = $socket.IOControl([ReservationSocket]::AssociateCode, [System.BitConverter]::GetBytes($token), $null)
            return
        }

        try {
            $bytes = [System.BitConverter]::GetBytes($token)
            $socket.SetRawSocketOption([ReservationSocket]::TokenLevel, [ReservationSocket]::TokenOption, $bytes)
        }
        catch {
            # No reservation needs a token now: those who are let in are let in without, and bind says who is not.
            $failure = $_.Exception.GetBaseException()
            if ($failure -isnot [System.Net.Sockets.SocketException]) { throw }
            if ($failure.SocketErrorCode -ne [System.Net.Sockets.SocketError]::ProtocolOption) { throw }
        }
    }

    # The same, and then bind. Gives what went wrong, or nothing: an exception that a function catches would still land in the
    # -ErrorVariable of the cmdlet.
    static [System.Exception] TryBind(
        [System.Net.Sockets.Socket] $socket, [object] $reservation, [System.Net.IPAddress] $address, [int] $port
    ) {
        try {
            [ReservationSocket]::Associate($socket, $reservation)
            $socket.Bind([System.Net.IPEndPoint]::new($address, $port))
            return $null
        }
        catch {
            $socket.Dispose()
            return $_.Exception.GetBaseException()
        }

        return $null
    }

    static [System.Exception] TryAssociate([System.Net.Sockets.Socket] $socket, [object] $reservation) {
        try {
            [ReservationSocket]::Associate($socket, $reservation)
            return $null
        }
        catch {
            return $_.Exception.GetBaseException()
        }

        return $null
    }
}
