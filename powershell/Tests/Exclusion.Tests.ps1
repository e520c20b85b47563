BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'New-PortExclusion' -Tag Elevated {
    BeforeEach { Reset-Reservation }
    AfterEach { Get-PortExclusion | Where-Object Own | Remove-PortExclusion }

    It 'keeps ports out of automatic choice, and says nothing about it' {
        New-PortExclusion -StartPort 5173 -Name vite | Should -BeNullOrEmpty
        $found = Get-PortExclusion vite
        $found.PSTypeNames[0] | Should -Be 'PortReservation.Exclusion'
        $found.StartPort, $found.NumberOfPorts, $found.Store, $found.Own | Should -Be 5173, 1, 'Persistent', $true
        Test-Listen 5173 | Should -BeTrue
    }

    It 'takes ports from the pipeline, each by itself, and without its name' {
        5173, 8080 | New-PortExclusion
        New-PortExclusion 9090
        [pscustomobject] @{ Port = '9091' } | New-PortExclusion
        (Get-PortExclusion -Protocol Tcp | Where-Object Own).StartPort | Should -Be 5173, 8080, 9090, 9091
        5173, 8080 | Remove-PortExclusion
        (Get-PortExclusion -Protocol Tcp | Where-Object Own).StartPort | Should -Be 9090, 9091
    }

    It 'has every property in a list' {
        $made = New-PortExclusion 5173 -PassThru
        $shown = Get-Shown ($made | Format-List)
        foreach ($name in $made.PSObject.Properties.Name) { $shown | Should -Match "(?m)^$name +:" }
    }

    It 'is undone by Remove-PortExclusion' {
        $made = New-PortExclusion -StartPort 5173 -Protocol Tcp, Udp -PassThru
        $made | Remove-PortExclusion
        Get-PortExclusion | Where-Object Own | Should -BeNullOrEmpty
    }
}
