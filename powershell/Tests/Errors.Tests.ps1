BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'Errors' {
    BeforeEach { Reset-Reservation }

    It 'are told apart as about_PortReservation says' {
        $help = (Get-Help about_PortReservation | Out-String) -replace '\r'
        $script = [scriptblock]::Create([regex]::Match($help, '(?ms)^ {8}try \{$.*?^ {8}catch \{$.*?^ {8}\}$').Value)
        $null = New-PortReservation 5000 -Name mine
        (& $script).Name | Should -Be 'mine'
        Remove-PortReservation mine
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Any, 5000)
        $listener.Start()
        try { & $script | Out-String | Should -Match 'Verdict +: Listening' }
        finally { $listener.Stop() }
    }

    It 'end a script with -ErrorAction Stop, and can be caught' {
        try {
            Get-PortReservation nobody -ErrorAction Stop
            throw 'It went on.'
        }
        catch { $_.FullyQualifiedErrorId | Should -Be 'NotFound,Get-PortReservation' }
    }
}

Describe 'Preferences of the caller' {
    BeforeEach { Reset-Reservation }

    It 'hold as for the commands of PowerShell: <_>' -ForEach '$ErrorActionPreference', '$WhatIfPreference', '-WhatIf', '$ConfirmPreference', 'a parameter' {
        function Invoke-Script {
            [CmdletBinding(SupportsShouldProcess)]
            param([string] $Set)
            if ($Set) { . ([scriptblock]::Create($Set)) }
            $null = New-PortReservation -Name made
            Get-PortReservation nobody
            'went on'
        }
        $which = $_
        $null = switch ($which) {
            '$ErrorActionPreference' { { Invoke-Script '$ErrorActionPreference = "Stop"' } | Should -Throw -ErrorId 'NotFound,Get-PortReservation' }
            '$WhatIfPreference' { Invoke-Script '$WhatIfPreference = $true' 2> $null | Should -Be 'went on' }
            '-WhatIf' { Invoke-Script -WhatIf 2> $null | Should -Be 'went on' }
            '$ConfirmPreference' { { New-PortReservation -Confirm -ErrorAction Stop } | Should -Throw }
            'a parameter' { & { $ErrorActionPreference = 'Stop'; Get-PortReservation nobody -ErrorAction SilentlyContinue; 'went on' } | Should -Be 'went on' }
        }
        @(Get-PortReservation).Count | Should -Be ([int] ($which -eq '$ErrorActionPreference'))
    }
}

Describe 'Advice' {
    BeforeEach { Reset-Reservation }

    It 'names Get-PortStatus where a port is in use' {
        $socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, 5001))
        $socket.Listen(1)
        try { $failed = Get-Failure { New-PortReservation 5001 } }
        finally { $socket.Dispose() }
        $failed.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        $failed.ErrorDetails.RecommendedAction | Should -BeLike '*: Get-PortStatus 5001'
        $failed.ErrorDetails.RecommendedAction | Should -Not -Match '\bss\b'
    }

    It 'names Remove-PortReservation where a reservation is in the way, and the command works' {
        $null = New-PortReservation -StartPort 5000 -NumberOfPorts 3 -Protocol Udp
        $failed = Get-Failure { New-PortReservation 5001 -Protocol Udp }
        $action = $failed.ErrorDetails.RecommendedAction
        $action | Should -BeLike '*: Remove-PortReservation -Protocol Udp -StartPort 5000 -NumberOfPorts 3'
        Invoke-Expression ($action -replace '.*: (?=Remove-)')
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'is never to end this session' {
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Any, 5002)
        $listener.Start()
        try { $status = Get-PortStatus 5002 }
        finally { $listener.Stop() }
        $status.Verdict, $status.Holder.ProcessId | Should -Be 'Listening', $PID
        $status.Remedy | Should -BeNullOrEmpty
    }

    It 'is the reservation of this session where its own socket listens inside' {
        $r = New-PortReservation 5003
        $socket = $r | New-PortReservationSocket
        $socket.Listen(1)
        try { $status = Get-PortStatus 5003 }
        finally { $socket.Dispose() }
        $status.Remedy | Should -Be 'Remove-PortReservation -Protocol Tcp -StartPort 5003'
    }

    It 'ends another process by Stop-Process' {
        $node = (Get-Command node -CommandType Application)[0].Path
        $process = [System.Diagnostics.ProcessStartInfo]::new($node, '-e "require(''net'').createServer().listen(5004, () => console.log(1))"')
        $process.RedirectStandardOutput = $true
        $process.UseShellExecute = $false
        $other = [System.Diagnostics.Process]::Start($process)
        try {
            $null = $other.StandardOutput.ReadLine()
            (Get-PortStatus 5004).Remedy | Should -Be "Stop-Process -Id $($other.Id)"
        }
        finally { $other.Kill() }
    }

    It 'to look as somebody who sees more is a PowerShell command' {
        InModuleScope PortReservation {
            [Remedy]::Of(@{ protocol = 'udp'; port = 53; remedy = @{ run = "sudo ss -uanp 'sport = :53'" } }) |
                Should -Be "sudo pwsh -Command 'Get-PortStatus 53 -Protocol Udp'"
            [Remedy]::Of(@{ remedy = @{ run = 'sudo systemctl stop ssh.socket' } }) | Should -Be 'sudo systemctl stop ssh.socket'
            [Remedy]::Advice('Start the worker with --provider ledger.') | Should -BeLike 'Use Start-PortReservationWorker -Provider Ledger*'
        }
    }

    It 'lists by the cmdlets' {
        $failed = Get-Failure { Remove-PortReservation -StartPort 5005 }
        $failed.ErrorDetails.RecommendedAction | Should -BeLike '*Get-PortReservation lists them.'
    }
}
