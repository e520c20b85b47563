BeforeAll { . $PSScriptRoot/Shared.ps1 }
AfterAll { Stop-PortReservationWorker }

Describe 'The manifest' {
    BeforeAll {
        $base = (Get-Module PortReservation).ModuleBase
        $manifest = Test-ModuleManifest (Join-Path $base PortReservation.psd1)
    }

    It 'has the release notes of CHANGELOG.md' {
        $changes = Get-Content (Join-Path $PSScriptRoot ../../CHANGELOG.md) | Where-Object { $_ -match '^- ' } | Select-Object -First 1
        $manifest.ReleaseNotes | Should -Match ([regex]::Escape($changes))
        $manifest.ReleaseNotes.Length | Should -BeLessOrEqual 10000
        $manifest.ReleaseNotes | Should -Not -Match '^#'
    }

    It 'links to no place that does not exist' {
        foreach ($key in 'LicenseUri', 'ProjectUri', 'IconUri', 'HelpInfoUri') { $manifest.$key | Should -BeNullOrEmpty }
        (Get-Content (Join-Path $base PortReservation.psd1) -Raw) | Should -Not -Match 'https?://'
        Join-Path $base LICENSE | Should -Exist
    }

    It 'has the words by which people search' {
        foreach ($word in 'TCP', 'UDP', 'FreePort', 'WinNAT', 'Windows', 'Linux', 'MacOS', 'PSEdition_Desktop', 'PSEdition_Core') {
            $manifest.Tags | Should -Contain $word
        }
        $manifest.Tags -match '\s' | Should -BeNullOrEmpty
    }
}

Describe 'The functions' {
    # The two rules of PSScriptAnalyzer, which a gallery runs on what it is given, that look at more than a line.
    BeforeDiscovery {
        $source = [System.IO.Path]::Combine($PSScriptRoot, '..', 'PortReservation')
        $functions = foreach ($file in Get-ChildItem $source -Recurse -Filter *.ps1) {
            $ast = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref] $null, [ref] $null)
            foreach ($one in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $false)) {
                $attributes = @(if ($one.Body.ParamBlock) { $one.Body.ParamBlock.Attributes.Extent.Text })
                @{
                    name        = $one.Name
                    suppressed  = ($attributes -match 'SuppressMessage') -join ' '
                    isSupported = [bool] ($attributes -match 'SupportsShouldProcess')
                    isCalled    = $one.Extent.Text -match '\.ShouldProcess\('
                }
            }
        }
    }

    It 'ask before they change something, or say why not: <name>' -ForEach @(
        $functions | Where-Object { $_.name -match '^(New|Set|Remove|Start|Stop|Restart|Reset|Update)-' }
    ) {
        if (-not $isSupported) { $suppressed | Should -Match "'PSUseShouldProcessForStateChangingFunctions', '', Justification = '\w.{15,}'" }
    }

    It 'that support -WhatIf ask, or say who does: <name>' -ForEach @($functions | Where-Object { $_.isSupported -ne $_.isCalled }) {
        $suppressed | Should -Match "'PSShouldProcess', '', Justification = '\w.{15,}'"
    }
}

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
            (Get-Command New-PortReservation).Module.Version.ToString()
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
