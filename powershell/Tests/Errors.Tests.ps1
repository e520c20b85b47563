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
