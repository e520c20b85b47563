# The objects that cmdlets output, made of what came over the wire.
class FromWire {
    # What objects are as texts, by type. Type data would say it, but that of two copies of the module cannot be in one session.
    # The script blocks belong to no session, so that they work where an object goes to: in another runspace, too.
    hidden static [hashtable] $Texts = @{
        Owner       = [FromWire]::TextMethod(
            'if ($null -eq $this.ProcessId) { return $this.User }
            $place = switch ($this.Elsewhere) { networkNamespace { ", in another network namespace" } host { ", on another host" } }
            "$($this.User) ($($this.ProcessId)$place)"')
        PortHolder  = [FromWire]::TextMethod(
            'if ($null -ne $this.ProcessId) { "$($this.ProcessName) ($($this.ProcessId))" } else { "($($this.User))" }')
        Reservation = [FromWire]::TextMethod('"$($this.StartPort)-$($this.EndPort)" + $(if ($this.Name) { " ''$($this.Name)''" })')
        Exclusion   = [FromWire]::TextMethod('"$($this.StartPort)-$($this.EndPort) ($($this.Source))"')
    }

    hidden static [System.Management.Automation.PSScriptMethod] TextMethod([string] $script) {
        return [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create($script))
    }

    static [object] Reservation([object] $wire) {
        $range = $wire['range']
        $startPort = [int] $range['startPort']
        $numberOfPorts = [int] $range['numberOfPorts']
        $token = $wire['token']
        $createdAt = $wire['createdAt']
        $made = [pscustomobject] @{
            PSTypeName    = 'PortReservation.Reservation'
            Protocol      = [FromWire]::Title($wire['protocol'])
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
            # On Windows another session's runtime token is valid, and told, there alone. A text, as on the wire: most readers of
            # JSON lose the last digits of such a number.
            Token         = [FromWire]::Text($token)
            Lifetime      = [FromWire]::Title($wire['lifetime'])
            Enforcement   = [FromWire]::Title($wire['enforcement'])
            Provider      = [FromWire]::Title($wire['provider'])
            Name          = [FromWire]::Text($wire['name'])
            Reason        = [FromWire]::Text($wire['reason'])
            Document      = [FromWire]::Text($wire['document'])
            Owner         = [FromWire]::Owner($wire['owner'])
            # Local, as all times in PowerShell, so that it can be compared with Get-Date and subtracted from it.
            CreatedAt     = if ($null -eq $createdAt) { $null } else { [FromWire]::Time([string] $createdAt) }
        }
        $made.PSObject.Methods.Add([FromWire]::Texts.Reservation, $true)
        return $made
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
            # Of an update: what is not as it should be.
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
            Verdict     = $words[$verdict]
            Holder      = [object[]] @(foreach ($holder in $wire['holders']) { [FromWire]::PortHolder($holder) })
            Reservation = if ($null -eq $reservation) { $null } else { [FromWire]::Reservation($reservation) }
            Exclusion   = if ($null -eq $exclusion) { $null } else { [FromWire]::Exclusion($exclusion) }
            Explanation = [string] $wire['explanation']
            Remedy      = if ($null -eq $remedy) { $null } else { [Remedy]::Of($wire) }
        }
    }

    hidden static [object] PortHolder([object] $wire) {
        $processId = $wire['processId']
        $made = [pscustomobject] @{
            PSTypeName  = 'PortReservation.PortHolder'
            State       = [FromWire]::Title($wire['state'])
            Address     = [string[]] @(foreach ($address in $wire['addresses']) { $address })
            ProcessId   = if ($null -eq $processId) { $null } else { [int] $processId }
            ProcessName = [FromWire]::Text($wire['processName'])
            Executable  = [FromWire]::Text($wire['executable'])
            CommandLine = [FromWire]::Text($wire['commandLine'])
            User        = [FromWire]::Text($wire['user'])
            Service     = [FromWire]::Text($wire['service'])
            Url         = [string[]] @(foreach ($url in $wire['urls']) { $url })
            Container   = [FromWire]::Text($wire['container'])
        }
        $made.PSObject.Methods.Add([FromWire]::Texts.PortHolder, $true)
        return $made
    }

    static [object] Exclusion([object] $wire) {
        $startPort = [int] $wire['range']['startPort']
        $numberOfPorts = [int] $wire['range']['numberOfPorts']
        $createdAt = $wire['createdAt']
        $made = [pscustomobject] @{
            PSTypeName    = 'PortReservation.Exclusion'
            Protocol      = [FromWire]::Title($wire['protocol'])
            StartPort     = $startPort
            EndPort       = $startPort + $numberOfPorts - 1
            NumberOfPorts = $numberOfPorts
            Store         = [FromWire]::Title($wire['store'])
            Own           = [FromWire]::Flag($wire['own'])
            Administered  = [FromWire]::Flag($wire['administered'])
            Source        = [string] $wire['source']
            Name          = [FromWire]::Text($wire['name'])
            Reason        = [FromWire]::Text($wire['reason'])
            Document      = [FromWire]::Text($wire['document'])
            Owner         = [FromWire]::Owner($wire['owner'])
            CreatedAt     = if ($null -eq $createdAt) { $null } else { [FromWire]::Time([string] $createdAt) }
        }
        $made.PSObject.Methods.Add([FromWire]::Texts.Exclusion, $true)
        return $made
    }

    # Nothing where nobody recorded it: a persistent reservation of Windows that another program made.
    hidden static [object] Owner([object] $owner) {
        if ($null -eq $owner) { return $null }
        $processId = $owner['processId']
        $processStartTime = $owner['processStartTime']
        $hostName = $owner['host']
        $elsewhere = $owner['elsewhere']
        $made = [pscustomobject] @{
            PSTypeName       = 'PortReservation.Owner'
            User             = [string] $owner['user']
            ProcessId        = if ($null -eq $processId) { $null } else { [int] $processId }
            ProcessStartTime = if ($null -eq $processStartTime) { $null } else { [string] $processStartTime }
            Host             = if ($null -eq $hostName) { $null } else { [string] $hostName }
            Elsewhere        = if ($null -eq $elsewhere) { $null } else { [string] $elsewhere }
        }
        $made.PSObject.Methods.Add([FromWire]::Texts.Owner, $true)
        return $made
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
