BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'A port that this session holds itself' -Tag Linux {
    BeforeEach { Reset-Reservation }

    It 'says with <hold> how the program gets in that it is for' -ForEach @(
        @{ hold = 'Strict'; sets = 'SO_REUSEPORT'; other = 'yield' }, @{ hold = 'Yield'; sets = 'SO_REUSEADDR'; other = 'none' }
    ) {
        $status = New-PortReservation -Hold $hold | Get-PortStatus
        $status.CanBind | Should -BeFalse
        $status.Explanation | Should -Match "$sets.* the program it is for must set that before bind, or be started with a hold of $other"
        "$($status.Remedy)" | Should -Match '^Remove-PortReservation'
    }
}

Describe 'Get-PortStatus' {
    BeforeAll { Reset-Reservation }

    It 'gives a typed object for a port' {
        $status = Get-PortStatus 21173
        $status.PSTypeNames[0] | Should -Be 'PortReservation.PortStatus'
        $status.Protocol, $status.Port, $status.CanBind, $status.Verdict | Should -Be 'Tcp', 21173, $true, 'Free'
        $status.Explanation | Should -Not -BeNullOrEmpty
    }

    It 'has every property in a list' {
        $shown = Get-Shown (Get-PortStatus 21000 | Format-List)
        foreach ($name in (Get-PortStatus 21000).PSObject.Properties.Name) { $shown | Should -Match "(?m)^$name +:" }
    }

    It 'answers in the order in which it is asked' {
        (Get-PortStatus 21003, 21001, 21002).Port | Should -Be 21003, 21001, 21002
        (21003, 21001, 21002 | Get-PortStatus).Port | Should -Be 21003, 21001, 21002
    }

    It 'gives one object for each input, also for the same one again' {
        (Get-PortStatus 21005, 21003-21006, 21005).Port | Should -Be 21005, 21003, 21004, 21005, 21006, 21005
    }

    It 'takes ports and ranges in both protocols' {
        $all = Get-PortStatus -Port 21173, 21000-21001 -Protocol Udp, Tcp
        $all | ForEach-Object { "$($_.Protocol) $($_.Port)" } |
            Should -Be 'Udp 21173', 'Tcp 21173', 'Udp 21000', 'Tcp 21000', 'Udp 21001', 'Tcp 21001'
    }

    It 'keeps the order where there are more ports than are looked at at once' {
        $ports = (Get-PortStatus 30000-35000, 20000-25000, 65535).Port
        $ports.Count | Should -Be 10003
        ($ports -join ',') -eq ((30000..35000 + 20000..25000 + 65535) -join ',') | Should -BeTrue
    }

    It 'gives the first ones before it has looked at the last' {
        # A stop downstream ends the look; all at once, it would have gone on to the end.
        $asked = & (Get-Module PortReservation) {
            $null = Get-PortStatus 1-65535 | Select-Object -First 1
            $before = $script:Session.Worker.Connection.LastId
            $null = Get-PortStatus 1-65535 | Select-Object -First 1
            $script:Session.Worker.Connection.LastId - $before
        }
        $asked | Should -Be 1
        (Get-PortStatus 1-65535 | Select-Object -Last 1).Port | Should -Be 65535
    }

    It 'goes on after what is no port, with an error for each' {
        $some = Get-PortStatus 21000, 70000, 5-4, x -ErrorVariable failed -ErrorAction SilentlyContinue
        $some.Port | Should -Be 21000
        $failed.FullyQualifiedErrorId | Select-Object -Unique | Should -Be 'InvalidRange,Get-PortStatus'
        $failed.TargetObject | Should -Be '70000', '5-4', 'x'
    }

    It 'takes whatever has ports: reservations, free blocks, its own output, rows, connections' {
        $held = New-PortReservation -Protocol Udp -StartPort 21010 -NumberOfPorts 2
        $objects = @(
            $held
            Find-FreePortRange -Within 21050-21051 -NumberOfPorts 2
            Get-PortStatus 21060 -Protocol Udp
            [pscustomobject] @{ StartPort = '21020'; Count = '2'; Protocol = 'udp' }
            [pscustomobject] @{ StartPort = 21030 }
            [pscustomobject] @{ LocalPort = [uint16] 21040; LocalAddress = '::' }
            [pscustomobject] @{ Port = '21005-21006'; Protocol = 'Udp' }
        )
        $looked = $objects | Get-PortStatus
        $held | Remove-PortReservation
        $looked | ForEach-Object { "$($_.Protocol) $($_.Port) $($_.Verdict)" } | Should -Be @(
            'Udp 21010 Reserved', 'Udp 21011 Reserved', 'Tcp 21050 Free', 'Tcp 21051 Free', 'Udp 21060 Free', 'Udp 21020 Free'
            'Udp 21021 Free', 'Tcp 21030 Free', 'Tcp 21040 Free', 'Udp 21005 Free', 'Udp 21006 Free')
    }

    It 'gives New-PortReservation the very ports that can be bound' {
        $taken = New-PortReservation 21011
        $made = Get-PortStatus 21010-21012 | Where-Object CanBind | New-PortReservation
        $made.StartPort | Should -Be 21010, 21012
        $made, $taken | ForEach-Object { $_ } | Remove-PortReservation
    }
}
