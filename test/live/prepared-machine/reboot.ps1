# What a restart of Windows leaves: run it elevated without parameters, restart, run it again with -After.
param([switch] $After, [string] $Module = "$PSScriptRoot\..\..\..\dist\PortReservation", [string] $Output = "$PSScriptRoot\..\..\..\build\live")
. "$PSScriptRoot\Report.ps1"
Import-Module $Module
$state = [System.IO.Path]::Combine($Output, 'reboot.txt')

if (-not $After) {
    $null = [System.IO.Directory]::CreateDirectory($Output)
    $kept = New-PortReservation -NumberOfPorts 2 -Lifetime Persistent -Name live-reboot
    $lasting = (Find-FreePortRange).StartPort
    New-PortExclusion -StartPort $lasting -Name live-reboot-lasting
    $passing = (Find-FreePortRange).StartPort
    New-PortExclusion -StartPort $passing -Store Active -Name live-reboot-passing
    [System.IO.File]::WriteAllLines($state, [string[]] @($kept.StartPort, $kept.Token, $lasting, $passing))
    "Restart Windows, and run this again with -After."
    return
}

if (-not [System.IO.File]::Exists($state)) { throw "There is no $state. Run this without -After, restart Windows, and run it again." }
$start, $token, $lasting, $passing = [System.IO.File]::ReadAllLines($state)
Add-Answer 'The persistent reservation is there' (Test-PortReservation -StartPort $start -NumberOfPorts 2)
Add-Answer 'Its token is another one' ((Get-PortReservation -Name live-reboot).Token -ne $token)
Add-Answer 'Plain bind inside' (Get-Bind $start)
Add-Answer 'Its rows' (@(Get-Row $start) + @(Get-Row $start persistent))
Add-Answer 'Rows of the persistent exclusion' (@(Get-Row $lasting) + @(Get-Row $lasting persistent))
Add-Answer 'Rows of the one until the restart' (@(Get-Row $passing) + @(Get-Row $passing persistent))
Get-PortReservation -Name live-reboot | Remove-PortReservation
Get-PortExclusion | Where-Object { $_.Own -and $_.Name -like 'live-reboot-*' } | Remove-PortExclusion -Confirm:$false
Add-Answer 'Rows after all is removed' (@(Get-Row $start persistent) + @(Get-Row $lasting persistent))
[System.IO.File]::Delete($state)
Save-Report 'reboot' $Output
