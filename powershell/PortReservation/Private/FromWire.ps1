# The objects that cmdlets output, made of what came over the wire.
class FromWire {
    static [object] Reservation([object] $wire) {
        $range = $wire['range']
        $startPort = [int] $range['startPort']
        $numberOfPorts = [int] $range['numberOfPorts']
        $name = $wire['name']
        $reason = $wire['reason']
        $token = $wire['token']
        $createdAt = $wire['createdAt']
        return [pscustomobject] @{
            PSTypeName    = 'PortReservation.Reservation'
            Protocol      = [FromWire]::Title($wire['protocol'])
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
            # On Windows another session's runtime token is valid, and told, there alone.
            Token         = if ($null -eq $token) { $null } else { [uint64]::Parse([string] $token) }
            Lifetime      = [FromWire]::Title($wire['lifetime'])
            Enforcement   = [FromWire]::Title($wire['enforcement'])
            Provider      = [FromWire]::Title($wire['provider'])
            Name          = if ($null -eq $name) { $null } else { [string] $name }
            Reason        = if ($null -eq $reason) { $null } else { [string] $reason }
            Owner         = [FromWire]::Owner($wire['owner'])
            # Local, as all times in PowerShell, so that it can be compared with Get-Date and subtracted from it.
            CreatedAt     = if ($null -eq $createdAt) { $null } else { [FromWire]::Time([string] $createdAt) }
        }
    }

    static [object] DynamicRange([object] $wire) {
        $startPort = [int] $wire['range']['startPort']
        $numberOfPorts = [int] $wire['range']['numberOfPorts']
        return [pscustomobject] @{
            PSTypeName    = 'PortReservation.DynamicRange'
            Protocol      = [FromWire]::Title($wire['protocol'])
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
        }
    }

    static [object] FreeRange([object] $wire, [string[]] $protocols) {
        $startPort = [int] $wire['startPort']
        $numberOfPorts = [int] $wire['numberOfPorts']
        return [pscustomobject] @{
            PSTypeName    = 'PortReservation.FreeRange'
            Protocol      = [string[]] $protocols.ForEach({ [FromWire]::Title($_) })
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
        }
    }

    # Nothing where nobody recorded it: a persistent reservation of Windows that another program made.
    hidden static [object] Owner([object] $owner) {
        if ($null -eq $owner) { return $null }
        $processId = $owner['processId']
        $processStartTime = $owner['processStartTime']
        return [pscustomobject] @{
            PSTypeName       = 'PortReservation.Owner'
            User             = [string] $owner['user']
            ProcessId        = if ($null -eq $processId) { $null } else { [int] $processId }
            ProcessStartTime = if ($null -eq $processStartTime) { $null } else { [string] $processStartTime }
        }
    }

    hidden static [datetime] Time([string] $text) {
        return [System.DateTimeOffset]::Parse($text, [cultureinfo]::InvariantCulture).LocalDateTime
    }

    static [object] Worker([object] $worker) {
        $info = $worker.Info
        return [pscustomobject] @{
            PSTypeName            = 'PortReservation.Worker'
            ProcessId             = $worker.Process.Id
            Provider              = [FromWire]::Title($info['provider'])
            Platform              = [string] $info['platform']
            Version               = [string] $info['serverInfo']['version']
            ProtocolVersion       = [int] $info['protocolVersion']
            RuntimeEnforcement    = [FromWire]::Title($info['capabilities']['runtime'])
            PersistentEnforcement = [FromWire]::Title($info['capabilities']['persistent'])
            HandOver              = [FromWire]::Title($info['capabilities']['handOver'])
            CommandLine           = $worker.CommandLine
        }
    }

    # The words of the wire as PowerShell writes them: tcp is Tcp, ephemeralOnly is EphemeralOnly.
    static [string] Title([string] $word) {
        return $word.Substring(0, 1).ToUpperInvariant() + $word.Substring(1)
    }
}
