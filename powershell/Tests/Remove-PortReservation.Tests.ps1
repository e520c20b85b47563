BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'Remove-PortReservation' {
    BeforeEach { Reset-Reservation }

    It 'removes by <what>' -ForEach @(
        @{ what = 'name'; remove = { Remove-PortReservation b } }
        @{ what = 'wildcards'; remove = { Remove-PortReservation b* } }
        @{ what = 'range'; remove = { Remove-PortReservation -StartPort $b.StartPort -NumberOfPorts 2 } }
        @{ what = 'token'; remove = { Remove-PortReservation -Token $b.Token } }
        @{ what = 'pipeline'; remove = { $b | Remove-PortReservation } }
        @{ what = 'row of text'; remove = {
                [pscustomobject] @{ StartPort = "$($b.StartPort)"; NumberOfPorts = '2'; Token = "$($b.Token)" } | Remove-PortReservation
            }
        }
    ) {
        $null = New-PortReservation -Name a
        $b = New-PortReservation -Name b -Count 2
        & $remove | Should -BeNullOrEmpty
        (Get-PortReservation).Name | Should -Be 'a'
    }

    It 'gives what it removed with -PassThru' {
        $null = New-PortReservation -Name b-1
        $null = New-PortReservation -Name b-2
        (Remove-PortReservation b-* -PassThru).Name | Sort-Object | Should -Be 'b-1', 'b-2'
    }

    It 'removes the same numbers in both protocols, each by itself' {
        $tcp, $udp = New-PortReservation -Protocol Tcp, Udp -NumberOfPorts 2
        $range = @{ StartPort = $tcp.StartPort; NumberOfPorts = 2; Protocol = 'Tcp', 'Udp' }
        (Remove-PortReservation @range -PassThru).Protocol | Should -Be 'Tcp', 'Udp'
        $null = New-PortReservation -StartPort $tcp.StartPort -NumberOfPorts 2 -Protocol Udp
        $failed = Get-Failure { Remove-PortReservation @range }
        $failed.FullyQualifiedErrorId | Should -Be 'NotFound,Remove-PortReservation'
        $failed.TargetObject | Should -BeLike 'tcp *'
        $null = New-PortReservation -Protocol Tcp, Udp -Name dns
        (Remove-PortReservation dns -Protocol Tcp, Udp -PassThru).Protocol | Should -Be 'Tcp', 'Udp'
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'gives one error for each input that names nothing, and removes the rest' {
        $one = New-PortReservation
        $two = New-PortReservation
        $gone = $one, [pscustomobject] @{ StartPort = 23999 }, [pscustomobject] @{ Name = 'nobody' }, [pscustomobject] @{ Token = 0 }, $two
        $gone | Remove-PortReservation -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -Be @(
            'NotFound,Remove-PortReservation', 'NotFound,Remove-PortReservation', 'SelectorMissing,Remove-PortReservation')
        $failed.TargetObject | Select-Object -First 2 | Should -Be 'tcp 23999', "'nobody'"
        $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'never takes an empty selection for all' {
        $null = New-PortReservation -Name precious
        Get-PortReservation -Name '' -ErrorAction SilentlyContinue | Remove-PortReservation
        (Get-Failure { Remove-PortReservation }).FullyQualifiedErrorId | Should -Be 'SelectorMissing,Remove-PortReservation'
        { Remove-PortReservation -Name '' -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterArgumentValidationError,Remove-PortReservation'
        (Get-PortReservation).Name | Should -Be 'precious'
    }

    It 'refuses a reservation that another process holds' {
        $other = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $make = { param($module) Import-Module $module; New-PortReservation -Name theirs }
            $null = $other.AddScript($make).AddArgument((Get-Module PortReservation).ModuleBase).Invoke()
            $failed = Get-Failure { Get-PortReservation theirs | Remove-PortReservation }
            $failed.FullyQualifiedErrorId | Should -Be 'NotOwner,Remove-PortReservation'
            $failed.CategoryInfo.Category | Should -Be 'PermissionDenied'
            (Get-PortReservation theirs).Name | Should -Be 'theirs'
        }
        finally {
            $other.Runspace.Dispose()
            $other.Dispose()
        }
    }
}
