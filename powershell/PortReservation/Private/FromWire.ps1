# The objects that cmdlets output, made of what came over the wire.
class FromWire {
    # Objects that know their text, to be copied: to give one a method takes longer than all else. Type data would do it, but that of
    # two copies of the module cannot be in one session. The script blocks belong to no session, so that they work where an object
    # goes to: in another runspace, too.
    hidden static [hashtable] $Prototypes = @{
        Reservation = [FromWire]::Prototype('Reservation', @(
                'Protocol', 'StartPort', 'EndPort', 'NumberOfPorts', 'Token', 'Lifetime', 'Enforcement', 'Allow', 'InUse', 'Provider', 'Name'
                'Reason', 'Document', 'State', 'Owner', 'CreatedAt'), '"$($this.StartPort)-$($this.EndPort)" + $(if ($this.Name) { " ''$($this.Name)''" })')
        Exclusion   = [FromWire]::Prototype('Exclusion', @(
                'Protocol', 'StartPort', 'EndPort', 'NumberOfPorts', 'Store', 'Own', 'Administered', 'Source', 'Name', 'Reason'
                'Document', 'State', 'Owner', 'CreatedAt'), '"$($this.StartPort)-$($this.EndPort) ($($this.Source))"')
        PortHolder  = [FromWire]::Prototype('PortHolder', @(
                'State', 'Address', 'ProcessId', 'ProcessName', 'Executable', 'CommandLine', 'WorkingDirectory', 'Unseen', 'KernelUse', 'User', 'Service', 'Url', 'Container'),
            'if ($null -ne $this.ProcessId) { "$($this.ProcessName) ($($this.ProcessId))" } else { "($($this.User))" }')
        Allow       = [FromWire]::Prototype('Allow', @('User', 'UserId', 'Service', 'Privileged'),
            '@($this.User; $this.Service).Where({ $_ }) -join ", "')
        Owner       = [FromWire]::Prototype('Owner', @('User', 'ProcessId', 'ProcessStartTime', 'Host', 'Elsewhere'),
            'if ($null -eq $this.ProcessId) { return $this.User }
            $place = switch ($this.Elsewhere) { networkNamespace { ", in another network namespace" } host { ", on another host" } }
            "$($this.User) ($($this.ProcessId)$place)"')
    }

    hidden static [object] Prototype([string] $type, [string[]] $properties, [string] $text) {
        $made = [pscustomobject] @{ PSTypeName = "PortReservation.$type" }
        foreach ($name in $properties) {
            $made.PSObject.Properties.Add([System.Management.Automation.PSNoteProperty]::new($name, $null))
        }

        $method = [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create($text))
        $made.PSObject.Methods.Add($method, $true)
        return $made
    }

    # A call of a method takes microseconds, so this makes few: it is half of the time of a lookup.
    static [object] Reservation([object] $wire) {
        $range = $wire['range']
        $startPort = [int] $range['startPort']
        $numberOfPorts = [int] $range['numberOfPorts']
        $made = [FromWire]::Prototypes.Reservation.PSObject.Copy()
        $words = [FromWire]::Titles
        foreach ($key in 'Protocol', 'Lifetime', 'Enforcement', 'Provider') {
            $word = [string] $wire[[FromWire]::Keys[$key]]
            if ($null -eq $words[$word]) { $words[$word] = [FromWire]::Title($word) }
            $made.$key = $words[$word]
        }

        $made.StartPort = $startPort
        $made.EndPort = $startPort + $numberOfPorts - 1
        $made.NumberOfPorts = $numberOfPorts
        # The token is a text, as on the wire: most readers of JSON lose the last digits of such a number. On Windows another
        # session's runtime token is valid, and told, there alone.
        foreach ($key in 'Token', 'Name', 'Reason', 'Document') {
            $value = $wire[[FromWire]::Keys[$key]]
            if ($null -ne $value) { $made.$key = [string] $value }
        }

        if ($null -ne $wire['state']) { $made.State = [FromWire]::Title($wire['state']) }
        if ($null -ne $wire['inUse']) { $made.InUse = [FromWire]::Title($wire['inUse']) }
        if ($null -ne $wire['allow']) { $made.Allow = [FromWire]::Allow($wire['allow']) }
        if ($null -ne $wire['owner']) { $made.Owner = [FromWire]::Owner($wire['owner']) }
        # Local, as all times in PowerShell, so that it can be compared with Get-Date and subtracted from it.
        if ($null -ne $wire['createdAt']) { $made.CreatedAt = [FromWire]::Time([string] $wire['createdAt']) }
        return $made
    }

    hidden static [object] Allow([object] $allow) {
        $made = [FromWire]::Prototypes.Allow.PSObject.Copy()
        $made.User = [FromWire]::Text($allow['user'])
        $made.UserId = if ($null -eq $allow['userId']) { $null } else { [uint32] [string] $allow['userId'] }
        $made.Service = [FromWire]::Text($allow['service'])
        $made.Privileged = [string] $allow['privileged'] -eq 'true'
        return $made
    }

    # The words of the wire by those of PowerShell.
    hidden static [hashtable] $Keys = @{
        Protocol = 'protocol'; Lifetime = 'lifetime'; Enforcement = 'enforcement'; Provider = 'provider'
        Token = 'token'; Name = 'name'; Reason = 'reason'; Document = 'document'
    }

    static [object] Change([object] $wire) {
        $startPort = [int] $wire['range']['startPort']
        $numberOfPorts = [int] $wire['range']['numberOfPorts']
        $failure = $wire['error']
        return [pscustomobject] @{
            PSTypeName    = 'PortReservation.Change'
            Action        = [FromWire]::Title($wire['action'])
            Kind          = [FromWire]::Title($wire['kind'])
            Protocol      = [FromWire]::Title($wire['protocol'])
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
            Name          = [FromWire]::Text($wire['name'])
            # Of an update or a repair: what is not as it should be.
            Difference    = [string[]] @(foreach ($one in $wire['differs']) { [FromWire]::Title($one) })
            Error         = if ($null -eq $failure) { $null } else { [string] $failure['message'] }
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

    # By the words of the wire.
    hidden static [hashtable] $Titles = @{}

    # Of all ports at once: a call of a method takes microseconds, a third of the time in all; it is left to what few ports have.
    static [object] PortStatus([object] $wire) {
        $reservation = $wire['reservation']
        $exclusion = $wire['exclusion']
        $remedy = $wire['remedy']
        $prevention = $wire['prevention']
        $serving = $wire['serving']
        $ipv4 = $wire['canBindIPv4']
        $ipv6 = $wire['canBindIPv6']
        $protocol = [string] $wire['protocol']
        $verdict = [string] $wire['verdict']
        $words = [FromWire]::Titles
        foreach ($word in $protocol, $verdict) {
            if ($null -eq $words[$word]) { $words[$word] = [FromWire]::Title($word) }
        }

        return [pscustomobject] @{
            PSTypeName  = 'PortReservation.PortStatus'
            Protocol    = $words[$protocol]
            Port        = [int] $wire['port']
            CanBind     = [string] $wire['canBind'] -eq 'true'
            CanBindIPv4 = if ($null -eq $ipv4) { $null } else { [string] $ipv4 -eq 'true' }
            CanBindIPv6 = if ($null -eq $ipv6) { $null } else { [string] $ipv6 -eq 'true' }
            Serving     = if ($null -eq $serving) { $null } else { [FromWire]::PortServing($serving) }
            Verdict     = $words[$verdict]
            Holder      = [object[]] @(foreach ($holder in $wire['holders']) { [FromWire]::PortHolder($holder) })
            Reservation = if ($null -eq $reservation) { $null } else { [FromWire]::Reservation($reservation) }
            Exclusion   = if ($null -eq $exclusion) { $null } else { [FromWire]::Exclusion($exclusion) }
            Explanation = [string] $wire['explanation']
            Prevention  = if ($null -eq $prevention) { $null } else { [Remedy]::Cmdlet($prevention) }
            Remedy      = if ($null -eq $remedy) { $null } else { [Remedy]::Of($wire) }
        }
    }

    # What a server could bind of it.
    hidden static [object] PortServing([object] $wire) {
        return [pscustomobject] @{
            PSTypeName   = 'PortReservation.PortServing'
            All          = [FromWire]::Flag($wire['all'])
            IPv4         = [FromWire]::Flag($wire['ipv4'])
            IPv6         = [FromWire]::Flag($wire['ipv6'])
            LoopbackIPv4 = [FromWire]::Flag($wire['loopbackIPv4'])
            LoopbackIPv6 = [FromWire]::Flag($wire['loopbackIPv6'])
            Shared       = [FromWire]::Flag($wire['shared'])
        }
    }

    hidden static [object] PortHolder([object] $wire) {
        $processId = $wire['processId']
        $made = [FromWire]::Prototypes.PortHolder.PSObject.Copy()
        $made.State = [FromWire]::Title($wire['state'])
        $made.Address = [string[]] @(foreach ($address in $wire['addresses']) { $address })
        $made.ProcessId = if ($null -eq $processId) { $null } else { [int] $processId }
        $made.ProcessName = [FromWire]::Text($wire['processName'])
        $made.Executable = [FromWire]::Text($wire['executable'])
        $made.CommandLine = [FromWire]::Text($wire['commandLine'])
        $made.WorkingDirectory = [FromWire]::Text($wire['workingDirectory'])
        $made.Unseen = [FromWire]::Text($wire['unseen'])
        $made.KernelUse = [FromWire]::Text($wire['kernelUse'])
        $made.User = [FromWire]::Text($wire['user'])
        $made.Service = [FromWire]::Text($wire['service'])
        $made.Url = [string[]] @(foreach ($url in $wire['urls']) { $url })
        $made.Container = [FromWire]::Text($wire['container'])
        return $made
    }

    static [object] Exclusion([object] $wire) {
        $startPort = [int] $wire['range']['startPort']
        $numberOfPorts = [int] $wire['range']['numberOfPorts']
        $createdAt = $wire['createdAt']
        $made = [FromWire]::Prototypes.Exclusion.PSObject.Copy()
        $made.Protocol = [FromWire]::Title($wire['protocol'])
        $made.StartPort = $startPort
        $made.EndPort = $startPort + $numberOfPorts - 1
        $made.NumberOfPorts = $numberOfPorts
        $made.Store = [FromWire]::Title($wire['store'])
        $made.Own = [FromWire]::Flag($wire['own'])
        $made.Administered = [FromWire]::Flag($wire['administered'])
        $made.Source = [string] $wire['source']
        $made.Name = [FromWire]::Text($wire['name'])
        $made.Reason = [FromWire]::Text($wire['reason'])
        $made.Document = [FromWire]::Text($wire['document'])
        if ($null -ne $wire['state']) { $made.State = [FromWire]::Title($wire['state']) }
        $made.Owner = [FromWire]::Owner($wire['owner'])
        $made.CreatedAt = if ($null -eq $createdAt) { $null } else { [FromWire]::Time([string] $createdAt) }
        return $made
    }

    # Nothing where nobody recorded it: a persistent reservation of Windows that another program made.
    hidden static [object] Owner([object] $owner) {
        if ($null -eq $owner) { return $null }
        $processId = $owner['processId']
        $processStartTime = $owner['processStartTime']
        $made = [FromWire]::Prototypes.Owner.PSObject.Copy()
        $made.User = [string] $owner['user']
        $made.ProcessId = if ($null -eq $processId) { $null } else { [int] $processId }
        $made.ProcessStartTime = if ($null -eq $processStartTime) { $null } else { [string] $processStartTime }
        $hostName = $owner['host']
        $made.Host = if ($null -eq $hostName) { $null } else { [string] $hostName }
        $elsewhere = $owner['elsewhere']
        $made.Elsewhere = if ($null -eq $elsewhere) { $null } else { [string] $elsewhere }
        return $made
    }

    hidden static [datetime] Time([string] $text) {
        return [System.DateTimeOffset]::Parse($text, [cultureinfo]::InvariantCulture).LocalDateTime
    }

    static [object] Worker([object] $worker) {
        $info = $worker.Info
        return [pscustomobject] @{
            PSTypeName            = 'PortReservation.Worker'
            ProcessId             = if ($worker.Address) { $null } else { $worker.Process.Id }
            Address               = if ($worker.Address) { $worker.Address } else { $null }
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

    # What was read as JSON is no bool and no string yet; what is not there stays nothing.
    hidden static [object] Flag([object] $value) {
        if ($null -eq $value) { return $null }
        return [string] $value -eq 'true'
    }

    hidden static [object] Text([object] $value) {
        if ($null -eq $value) { return $null }
        return [string] $value
    }

    # The words of the wire as PowerShell writes them: tcp is Tcp, ephemeralOnly is EphemeralOnly.
    static [string] Title([string] $word) {
        return $word.Substring(0, 1).ToUpperInvariant() + $word.Substring(1)
    }
}
