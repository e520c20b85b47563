BeforeAll {
    . $PSScriptRoot/Shared.ps1
    function Complete ([string] $Line) {
        [System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
    }
}
AfterAll { Stop-PortReservationWorker }

Describe 'Completion' {
    BeforeAll {
        Reset-Reservation
        Push-Location (New-Item (Join-Path (Get-PSDrive TestDrive).Root here) -ItemType Directory)
        foreach ($file in 'ports.yaml', 'ports.json', '5.txt', '7.csv') { $null = New-Item $file -ItemType File }
        $null = New-Item folder -ItemType Directory
        foreach ($name in 'web two', "it's", 'Api', '$x') { $null = New-PortReservation -Name $name }
        $web = New-PortReservation 5000 -NumberOfPorts 3 -Name web -Reason 'the front end' -Document shop
        $dns = New-PortReservation 5300 -Protocol Udp -Name dns
    }
    AfterAll { Pop-Location }

    It 'offers names, quoted where they must be' {
        (Complete 'Get-PortReservation -Name ').CompletionText | Should -Be "'`$x'", 'Api', 'dns', "'it''s'", 'web', "'web two'"
        (Complete 'Get-PortReservation w').CompletionText | Should -Be 'web', "'web two'"
        (Complete "Test-PortReservation -Name 'web t").CompletionText | Should -Be "'web two'"
        (Complete 'Remove-PortReservation -Name a').CompletionText | Should -Be 'Api'
        (Complete 'Get-PortReservation -Name zzz').CompletionText | Should -Be 'zzz'
    }

    It 'offers the first ports of reservations, and says of each what it is' {
        $found = Complete 'Remove-PortReservation -StartPort 5'
        $found.CompletionText | Should -Be '5000', '5300'
        $found[0].ToolTip | Should -Be "Tcp 5000-5002 'web', runtime, the front end"
        (Complete 'Test-PortReservation -Protocol Udp -StartPort ').CompletionText | Should -Be '5300'
    }

    It 'offers each port where one is asked for' {
        (Complete 'Get-PortReservation -Port 50').CompletionText | Should -Be '5000', '5001', '5002'
        (Complete 'Get-PortStatus 50').CompletionText | Should -Be '5000', '5001', '5002'
        (Complete 'New-PortReservationSocket -StartPort 5000 -NumberOfPorts 3 -Port ').CompletionText | Should -Be '5000', '5001', '5002'
    }

    It 'offers the number and the token that belong to the port' {
        (Complete 'Get-PortReservation -StartPort 5000 -NumberOfPorts ').CompletionText | Should -Be '3'
        (Complete "Get-PortReservation -Token $($web.Token.Substring(0, 5))").CompletionText | Should -Be $web.Token
    }

    It 'offers no files where ports are meant: <_>' -ForEach @(
        'New-PortReservation -StartPort 5'
        'Get-PortStatus 7'
        'Remove-PortReservation -StartPort 7'
        'Find-FreePortRange -NumberOfPorts '
        'Invoke-WithPortReservation -StartPort 5'
        'New-PortExclusion 5'
        'Get-PortExclusion -Port 5'
    ) { (Complete $_).CompletionText.Trim() | Should -Be ($_ -split ' ')[-1] }

    It 'offers a free port where one is to be reserved' {
        $found = Complete 'New-PortReservation '
        (Get-PortStatus $found.CompletionText).Verdict | Should -Be 'Free'
        $found.ToolTip | Should -Be "Tcp $($found.CompletionText) is free now"
    }

    It 'offers the exclusions to the cmdlets of exclusions' -Tag Elevated {
        New-PortExclusion 5400 -NumberOfPorts 2 -Name dev
        try { (Complete 'Remove-PortExclusion -StartPort 54').ToolTip | Should -Be "Tcp 5400-5401 'dev', persistent" }
        finally { Remove-PortExclusion dev }
    }

    It 'offers where to look for free blocks' {
        $range = Get-PortDynamicRange Tcp -WarningAction SilentlyContinue
        $found = Complete 'Find-FreePortRange -Within '
        $found.CompletionText | Should -Contain "10000-$($range.StartPort - 1)"
        foreach ($one in $found) { Find-FreePortRange -Within $one.CompletionText | Should -Not -BeNullOrEmpty }
    }

    It 'offers documents and folders to Import-PortReservation' {
        (Complete 'Import-PortReservation -Path ').ListItemText | Should -Be 'folder', 'ports.json', 'ports.yaml'
        (Complete 'Import-PortReservation por').ListItemText | Should -Be 'ports.json', 'ports.yaml'
        (Complete 'Import-PortReservation 5').CompletionText | Should -Be '5'
    }

    It 'offers the words of each parameter that has some, and the documents where one is named' {
        foreach ($command in Get-Command -Module PortReservation) {
            foreach ($parameter in $command.Parameters.Values) {
                $line = "$($command.Name) -$($parameter.Name) "
                if ($parameter.Name -eq 'Document') { (Complete "${line}s").CompletionText | Should -Be 'shop' -Because $line }
                $words = $parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.ValidateSetAttribute] }
                if ($words) { @(Complete $line).Count | Should -Be $words.ValidValues.Count -Because $line }
            }
        }
    }
}
