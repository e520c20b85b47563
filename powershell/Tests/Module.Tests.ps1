BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'A second version of the module' {
    BeforeAll {
        # As Update-PSResource puts it beside the first.
        function Copy-Module ([string] $Version) {
            $folder = [System.IO.Path]::Combine((Get-PSDrive TestDrive).Root, $Version)
            Copy-Item (Get-Module PortReservation)[0].ModuleBase $folder -Recurse
            $manifest = [System.IO.Path]::Combine($folder, 'PortReservation.psd1')
            (Get-Content $manifest) -replace "^(\s*ModuleVersion\s*=).*", "`$1 '$Version'" | Set-Content $manifest
            $manifest
        }
        $newer = Copy-Module 98.0.0
        # In a session of its own, with all that it writes.
        $session = {
            param($first, $second, $force)
            Import-Module $first -ErrorAction Stop
            $null = New-PortReservation -Name first
            Import-Module $second -Force:$force -ErrorAction Stop
            (Get-Command New-PortReservation).Version.ToString()
            $r = New-PortReservation -Name second -NumberOfPorts 2
            "$r"
            "$($r.Owner)" -eq "$($r.Owner.User) ($($r.Owner.ProcessId))"
            ($r | Out-String).Contains('Enforcement')
            Stop-PortReservationWorker
        }
    }
    BeforeEach { Reset-Reservation }

    It 'can be imported beside the first, <how>' -ForEach @(@{ how = 'plainly'; force = $false }, @{ how = 'with -Force'; force = $true }) {
        $first = (Get-Module PortReservation).ModuleBase
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $shell.AddScript($session).AddArgument($first).AddArgument($newer).AddArgument($force)
            $seen = $shell.Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $seen[0] | Should -Be '98.0.0'
            $seen[1] | Should -Match "^\d+-\d+ 'second'$"
            $seen[2..3] | Should -Be $true, $true
        }
        finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
