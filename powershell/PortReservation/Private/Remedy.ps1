# What the worker advises, in PowerShell's words. It speaks the system's; this is the one place that knows both.
class Remedy {
    # The command that changes the state of a port, or nothing. What it is to do to this very session is left to the session.
    static [object] Of([object] $wire) {
        $remedy = $wire['remedy']
        if ($remedy['action']) { return [Remedy]::Cmdlet($remedy) }
        $command = [string] $remedy['run']
        $end = [regex]::Match($command, '^(?:kill|Stop-Process -Id) ([0-9]+(?: [0-9]+)*)')
        if ($end.Success) {
            $ids = $end.Groups[1].Value -split ' '
            if ($ids -notcontains [Remedy]::OwnProcess) {
                if ($command -notlike 'kill *') { return $command }
                return "Stop-Process -Id $($ids -join ', ')"
            }

            if ($null -eq $wire['reservation']) { return $null }
            return [Remedy]::Removal([string] $wire['protocol'], $wire['reservation']['range'])
        }

        # Only those with more rights see more.
        if ($command -match '^sudo (ss|lsof) ') {
            return "sudo pwsh -Command '$([Remedy]::Look([string] $wire['protocol'], [string] $wire['port']))'"
        }

        return $command
    }

    # What one of the cmdlets does.
    hidden static [string] Cmdlet([object] $remedy) {
        switch ([string] $remedy['action']) {
            'release' { return [Remedy]::Removal([string] $remedy['protocol'], $remedy['range']) }
            'exclude' { return "New-PortExclusion $([Remedy]::Place($remedy))" }
            'restartNat' { return "New-PortExclusion $([Remedy]::Place($remedy)) -RestartNat" }
            'unexclude' { return "Remove-PortExclusion $([Remedy]::Place($remedy))" }
            'restore' { return "New-PortReservation $([Remedy]::Place($remedy)) -Persistent -IfExists Return" }
            'inspect' { return [Remedy]::Look([string] $remedy['protocol'], [string] $remedy['range']['startPort']) }
            'reserve' { return "New-PortReservation $([Remedy]::Place($remedy)) -Persistent" }
        }

        return [string] $remedy['sentence']
    }

    # The advice of an error.
    static [string] Advice([string] $hint) {
        foreach ($words in [Remedy]::Phrases.GetEnumerator()) { $hint = $hint.Replace($words.Key, $words.Value) }
        return [regex]::Replace($hint, '^Start the worker with --provider (\w+)\.$', {
                "Use Start-PortReservationWorker -Provider $([Remedy]::Title($args[0].Groups[1].Value)), after Stop-PortReservationWorker."
            })
    }

    hidden static [int] $OwnProcess = [System.Diagnostics.Process]::GetCurrentProcess().Id

    hidden static [hashtable] $Phrases = @{
        'List the reservations to see them.' = 'Get-PortReservation lists them.'
        'List the exclusions to see them.'   = 'Get-PortExclusion lists them.'
        'Release the reservation instead.'   = 'Use Remove-PortReservation.'
        'Remove it with force if you know'   = 'Use -Force if you know'
        'from an elevated process'           = 'from an elevated session'
        '(restartNat)'                       = '(-RestartNat)'
        'Leave restartNat out.'              = 'Leave -RestartNat out.'
    }

    hidden static [string] Look([string] $protocol, [string] $port) {
        if ($protocol -eq 'tcp') { return "Get-PortStatus $port" }
        return "Get-PortStatus $port -Protocol Udp"
    }

    hidden static [string] Removal([string] $protocol, [object] $range) {
        return "Remove-PortReservation $([Remedy]::Place(@{ protocol = $protocol; range = $range }))"
    }

    hidden static [string] Place([object] $wire) {
        $range = $wire['range']
        $text = "-Protocol $([Remedy]::Title($wire['protocol'])) -StartPort $($range['startPort'])"
        if ([int] $range['numberOfPorts'] -eq 1) { return $text }
        return "$text -NumberOfPorts $($range['numberOfPorts'])"
    }

    hidden static [string] Title([string] $word) {
        return $word.Substring(0, 1).ToUpperInvariant() + $word.Substring(1)
    }
}
