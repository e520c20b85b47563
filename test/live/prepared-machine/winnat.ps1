# WinNAT for real: takes a port of one of its blocks by New-PortExclusion -RestartNat, and gives it back. Run it elevated, on a
# machine with WSL or Docker that may lose its network for a moment.
param([string] $Module = "$PSScriptRoot\..\..\..\dist\PortReservation", [string] $Output = "$PSScriptRoot\..\..\..\build\live")
. "$PSScriptRoot\Report.ps1"
Import-Module $Module

function Get-WslNetwork {
    if (-not (Get-Command wsl.exe -ErrorAction Ignore)) { return 'no WSL' }
    $null = wsl.exe -e ping -c 1 -W 2 1.1.1.1
    "ping from WSL: exit code $LASTEXITCODE"
}

$blocks = @(Get-PortExclusion -Protocol Tcp | Where-Object { -not $_.Administered -and $_.NumberOfPorts -gt 1 -and $_.Source -eq 'netsh' })
Add-Answer 'Blocks without a star, by size' ($blocks | Group-Object NumberOfPorts | ForEach-Object { "$($_.Count) of $($_.Name)" })
if ($blocks.Count -eq 0) {
    Save-Report 'winnat' $Output
    return
}

$port = $blocks[0].StartPort + 1
Add-Answer 'Verdict of a port inside' (Get-PortStatus $port).Verdict
Add-Answer 'Plain bind inside' (Get-Bind $port)
Add-Answer 'Network of WSL before' (Get-WslNetwork)
New-PortExclusion -StartPort $port -RestartNat -WhatIf
Add-Answer 'New-PortExclusion -RestartNat' (Get-Answer { New-PortExclusion -StartPort $port -RestartNat -Name live-winnat -PassThru -Confirm:$false -WarningVariable script:said | ForEach-Object { "$($_.StartPort)" } })
Add-Answer 'What it warned of' $script:said
Add-Answer 'WinNAT afterwards' (Get-Service winnat -ErrorAction Ignore).Status
Add-Answer 'Plain bind now' (Get-Bind $port)
Add-Answer 'Rows now' (@(Get-Row $port) + @(Get-Row $port persistent))
Add-Answer 'Network of WSL after' (Get-WslNetwork)
Get-PortExclusion | Where-Object { $_.Own -and $_.Name -eq 'live-winnat' } | Remove-PortExclusion -Confirm:$false

$other = @(Get-PortExclusion -Protocol Tcp | Where-Object { -not $_.Administered -and $_.NumberOfPorts -gt 1 -and $_.Source -eq 'netsh' })[0]
if ($other) {
    $said = Invoke-Netsh interface ipv4 delete excludedportrange protocol=tcp startport=$($other.StartPort) numberofports=$($other.NumberOfPorts)
    Add-Answer 'netsh delete of a block of its' @($LASTEXITCODE, $said)
    Add-Answer 'Rows of that block afterwards' (@(Get-Row $other.StartPort) + @(Get-Row $other.StartPort persistent))
}
Save-Report 'winnat' $Output
