BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'Get-PortReservation' {
    BeforeEach { Reset-Reservation }

    Context 'with three reservations' {
        BeforeEach {
            $a = New-PortReservation -Name web-a -Count 5
            $b = New-PortReservation -Name web-b -Protocol Udp
            $c = New-PortReservation -Name other
        }

        It 'gives all of them' { @(Get-PortReservation).Count | Should -Be 3 }

        It 'finds by name, whatever its case' { (Get-PortReservation WEB-A).Token | Should -Be $a.Token }

        It 'finds by wildcards and by several names' {
            (Get-PortReservation web-*).Name | Should -Be 'web-a', 'web-b'
            (Get-PortReservation web-b, other).Name | Should -Be 'other', 'web-b'
        }

        It 'finds by protocol and name together' { (Get-PortReservation web-* -Protocol Udp).Name | Should -Be 'web-b' }

        It 'finds by a port, a range, a token' {
            (Get-PortReservation -Port ($a.StartPort + 3)).Name | Should -Be 'web-a'
            (Get-PortReservation -StartPort $a.StartPort -Count 5).Name | Should -Be 'web-a'
            (Get-PortReservation -StartPort $b.StartPort -Protocol Udp).Name | Should -Be 'web-b'
            (Get-PortReservation -Token $c.Token).Name | Should -Be 'other'
        }

        It 'gives nothing where one of what is asked does not fit' {
            Get-PortReservation x* -StartPort $a.StartPort -Count 5 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        }

        It 'gives the present state of what comes down the pipeline' {
            ($a | Get-PortReservation).Token | Should -Be $a.Token
            ($a, $b, $c | Get-PortReservation).Name | Should -Be 'web-a', 'web-b', 'other'
        }
    }

    It 'gives NotFound for <what>' -ForEach @(
        @{ what = 'a name'; arguments = @{ Name = 'nobody' }; target = "'nobody'" }
        @{ what = 'a range'; arguments = @{ StartPort = 12345; Count = 2 }; target = 'Tcp 12345-12346' }
        @{ what = 'a token'; arguments = @{ Token = [uint64]::MaxValue }; target = 'token 18446744073709551615' }
    ) {
        $failed = Get-Failure { Get-PortReservation @arguments }
        $failed.FullyQualifiedErrorId | Should -Be 'NotFound,Get-PortReservation'
        $failed.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed.TargetObject | Should -Be $target
    }

    It 'gives nothing for wildcards, a port or a protocol that nothing fits' {
        Get-PortReservation nobody* | Should -BeNullOrEmpty
        Get-PortReservation -Port 12345 | Should -BeNullOrEmpty
        Get-PortReservation -Protocol Udp | Should -BeNullOrEmpty
    }

    It 'takes an empty name for none, never for all' {
        $null = New-PortReservation -Name precious
        $failed = Get-Failure { Get-PortReservation -Name '' }
        $failed += Get-Failure { [pscustomobject] @{ Name = '' } | Get-PortReservation }
        $failed.FullyQualifiedErrorId | Should -Be 'SelectorMissing,Get-PortReservation', 'SelectorMissing,Get-PortReservation'
    }
}

Describe 'Test-PortReservation' {
    BeforeEach { Reset-Reservation }

    It 'gives one bool for each input' {
        $a = New-PortReservation -Name a -Count 4
        $gone = New-PortReservation -Name gone
        $gone | Remove-PortReservation
        $a, $gone | Test-PortReservation | Should -Be $true, $false
        Test-PortReservation a | Should -BeOfType [bool]
    }

    It 'says whether <what>' -ForEach @(
        @{ what = 'a name is there'; ask = { @{ Name = 'a' } }; answer = $true }
        @{ what = 'a name fits wildcards'; ask = { @{ Name = 'z*' } }; answer = $false }
        @{ what = 'a part of it is one by itself'; ask = { @{ StartPort = $a.StartPort } }; answer = $false }
        @{ what = 'its range is'; ask = { @{ StartPort = $a.StartPort; Count = 4 } }; answer = $true }
        @{ what = 'it holds a port'; ask = { @{ Port = $a.EndPort } }; answer = $true }
        @{ what = 'the other protocol does'; ask = { @{ Port = $a.EndPort; Protocol = 'Udp' } }; answer = $false }
        @{ what = 'its token is known'; ask = { @{ Token = $a.Token } }; answer = $true }
    ) {
        $a = New-PortReservation -Name a -Count 4
        $arguments = & $ask
        Test-PortReservation @arguments | Should -Be $answer
    }

    It 'proves with -Probe that a socket can be bound inside' {
        $r = New-PortReservation
        $r | Test-PortReservation -Probe | Should -BeTrue
    }

    It 'fails where nothing is asked' {
        (Get-Failure { Test-PortReservation }).FullyQualifiedErrorId | Should -Be 'SelectorMissing,Test-PortReservation'
    }
}
