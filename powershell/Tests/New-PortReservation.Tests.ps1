BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'New-PortReservation' {
    BeforeEach { Reset-Reservation }

    It 'gives a typed object whose ports nobody else can listen on until it is removed' {
        $r = New-PortReservation -NumberOfPorts 10 -Name web -Reason 'a test'
        $r.PSTypeNames[0] | Should -Be 'PortReservation.Reservation'
        $r.Protocol, $r.NumberOfPorts, ($r.EndPort - $r.StartPort) | Should -Be 'Tcp', 10, 9
        $r.Lifetime, $r.Name, $r.Reason | Should -Be 'Runtime', 'web', 'a test'
        [uint64] $r.Token | Should -BeGreaterThan 0
        [System.Math]::Abs(([datetime]::Now - $r.CreatedAt).TotalMinutes) | Should -BeLessThan 5
        $r.StartPort..$r.EndPort | Where-Object { Test-Listen $_ } | Should -BeNullOrEmpty
        $r | Remove-PortReservation | Should -BeNullOrEmpty
        $r.StartPort..$r.EndPort | Where-Object { -not (Test-Listen $_) } | Should -BeNullOrEmpty
    }

    It 'says who owns it, which is the worker' {
        $worker = Start-PortReservationWorker -PassThru
        $r = New-PortReservation
        $r.Owner.ProcessId | Should -Be $worker.ProcessId
        "$($r.Owner)" | Should -Be "$($r.Owner.User) ($($worker.ProcessId))"
        $r.Name, $r.Reason | Should -Be $null, $null
        $r.EndPort | Should -Be $r.StartPort
    }

    It 'holds the ports as -Hold says' -Tag Linux {
        $made = foreach ($hold in 'Strict', 'Yield', 'None') { New-PortReservation -Hold $hold }
        $made.Enforcement | Should -Be 'Socket', 'EphemeralOnly', 'Ledger'
        $failed = Get-Failure { New-PortReservation -Persistent -Hold Yield }
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParams*'
        "$($failed[0])" | Should -BeLike '*hold*'
    }

    It 'looks for a free block within a range' {
        $r = New-PortReservation -Protocol Udp -Count 3 -Within 21000-21999
        $r.Protocol, $r.NumberOfPorts | Should -Be 'Udp', 3
        $r.StartPort | Should -BeGreaterOrEqual 21000
        $r.EndPort | Should -BeLessOrEqual 21999
    }

    It 'keeps TCP and UDP apart' {
        $udp = New-PortReservation -Protocol Udp
        (New-PortReservation -StartPort $udp.StartPort).Protocol | Should -Be 'Tcp'
    }

    It 'fails for what is there already, or returns it' {
        $r = New-PortReservation -Count 3
        $same = New-PortReservation -StartPort $r.StartPort -Count 3 -IfExists Return
        $same.Token | Should -Be $r.Token
        $failed = Get-Failure { New-PortReservation -StartPort $r.StartPort -Count 3 }
        $failed.Count | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'RangeReserved,New-PortReservation'
        $failed[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'says PortInUse for a port that a server has' {
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        try {
            $port = $listener.LocalEndpoint.Port
            $failed = Get-Failure { New-PortReservation -StartPort $port }
        }
        finally { $listener.Stop() }
        $failed.FullyQualifiedErrorId | Should -Be 'PortInUse,New-PortReservation'
        $failed.CategoryInfo.Category | Should -Be 'ResourceBusy'
        $failed.TargetObject | Should -Be "tcp $port"
    }

    It 'makes persistent ones that outlive the worker' {
        Start-PortReservationWorker -Provider Ledger
        $kept = New-PortReservation -Persistent -Name kept
        $null = New-PortReservation -Name lost
        Stop-PortReservationWorker
        Start-PortReservationWorker -Provider Ledger
        $found = Get-PortReservation
        $found.Name, $found.Lifetime, $found.Enforcement | Should -Be 'kept', 'Persistent', 'Ledger'
        $found.Token | Should -Be $kept.Token
        $kept | Remove-PortReservation
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'reserves what its very service has already with -AllowInUse' -Tag Linux {
        Start-PortReservationWorker -Provider Ledger
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        try {
            $port = $listener.LocalEndpoint.Port
            $failed = Get-Failure { New-PortReservation $port -Persistent }
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'PortInUse*'
            $made = New-PortReservation $port -Persistent -AllowInUse
            $made.InUse, $made.StartPort | Should -Be 'Allow', $port
            (Get-PortReservation -Port $port).InUse | Should -Be 'Allow'
        }
        finally { $listener.Stop() }
        $failed = Get-Failure { New-PortReservation -Persistent -AllowInUse }
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParams*'
    }

    It 'takes the lifetime of an object, and -Persistent is stronger' {
        Start-PortReservationWorker -Provider Ledger
        $rows = [pscustomobject] @{ Lifetime = 'Persistent' }, [pscustomobject] @{ Lifetime = 'Runtime' }
        $made = @($rows | New-PortReservation) + @($rows[1] | New-PortReservation -Persistent)
        $made.Lifetime | Should -Be 'Persistent', 'Runtime', 'Persistent'
    }

    It 'takes the first port without its name' {
        $r = New-PortReservation 5000 -NumberOfPorts 3
        $r.StartPort, $r.EndPort | Should -Be 5000, 5002
    }

    Context 'in both protocols' {
        It 'reserves the same numbers, and gives one object for each' {
            $tcp, $udp = New-PortReservation -Protocol Tcp, Udp, tcp -NumberOfPorts 2 -Name dns
            $tcp.Protocol, $udp.Protocol | Should -Be 'Tcp', 'Udp'
            $udp.StartPort | Should -Be $tcp.StartPort
            @(Get-PortReservation dns).Count | Should -Be 2
        }

        It 'reserves neither where one is taken, and says which' {
            $udp = New-PortReservation -Protocol Udp
            $failed = Get-Failure { New-PortReservation -Protocol Tcp, Udp -StartPort $udp.StartPort }
            $failed.FullyQualifiedErrorId | Should -Be 'RangeReserved,New-PortReservation'
            $failed.TargetObject | Should -Be "udp $($udp.StartPort)"
            (Get-PortReservation).Protocol | Should -Be 'Udp'
        }
    }

    Context 'in a pipeline' {
        It 'takes rows of text, as Import-Csv gives them' {
            $made = @'
Name,Protocol,Count,Within,Reason
api,tcp,2,22000-22999,
,udp,1,,nameless
'@ | ConvertFrom-Csv | New-PortReservation
            $made.Name | Should -Be 'api', $null
            $made.Protocol | Should -Be 'Tcp', 'Udp'
            $made.NumberOfPorts | Should -Be 2, 1
            $made.Reason | Should -Be $null, 'nameless'
        }

        It 'takes numbers, each a port' {
            $made = 5000..5002 | New-PortReservation -Name number
            $made.StartPort | Should -Be 5000, 5001, 5002
            $made.NumberOfPorts | Should -Be 1, 1, 1
            5000..5002 | Remove-PortReservation
            Get-PortReservation | Should -BeNullOrEmpty
        }

        It 'takes reservations that were there before' {
            $before = @((New-PortReservation -Name a -Count 2), (New-PortReservation -Name b -Protocol Udp))
            $before | Remove-PortReservation
            $after = $before | New-PortReservation
            $after.StartPort | Should -Be $before.StartPort
            $after.Protocol | Should -Be $before.Protocol
        }

        It 'gives one error for a bad input, and goes on with the next' {
            $rows = @'
Name,StartPort,Count,Within
one,23100,2,
overlap,23101,2,
past the end,65530,10,
two,23103,2,
'@ | ConvertFrom-Csv
            $rows += @'
Name,Count,Within
no range,1,30000-20000
too much,10,23200-23203
bad|name,1,
'@.Replace('|', "`t") | ConvertFrom-Csv
            $made = $rows | New-PortReservation -ErrorVariable failed -ErrorAction SilentlyContinue
            $made.Name | Should -Be 'one', 'two'
            $failed.FullyQualifiedErrorId | Should -Be @(
                'RangeReserved,New-PortReservation'
                'InvalidParams,New-PortReservation'
                'InvalidRange,New-PortReservation'
                'InvalidParams,New-PortReservation'
                'InvalidParams,New-PortReservation'
            )
            $failed.TargetObject | Select-Object -First 3 | Should -Be 'tcp 23101-23102', 'Tcp 65530-65539', '30000-20000'
            "$($failed[1])" | Should -BeLike '*65535*'
            "$($failed[3])" | Should -BeLike '*numberOfPorts*'
            "$($failed[4])" | Should -BeLike '*name*'
            $failed.CategoryInfo.Category | Select-Object -First 3 | Should -Be 'ResourceExists', 'InvalidArgument', 'InvalidArgument'
        }

        It 'gives one error for a value that is no port, and goes on with the next' {
            $rows = foreach ($port in '0', '65536', 'x', '23110') { [pscustomobject] @{ Name = "from $port"; StartPort = $port } }
            $failed = Get-Failure { $rows | New-PortReservation }
            (Get-PortReservation).Name | Should -Be 'from 23110'
            $failed.FullyQualifiedErrorId | Should -Be @(
                'ParameterArgumentValidationError,New-PortReservation'
                'ParameterArgumentValidationError,New-PortReservation'
                'ParameterArgumentTransformationError,New-PortReservation'
            )
        }
    }
}
