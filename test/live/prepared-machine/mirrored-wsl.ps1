# Ranges that no table shows: run it once elevated and once not, with a distribution of WSL running under networkingMode=mirrored
# in .wslconfig. -Shutdown ends WSL to see whether the range is free then.
param([switch] $Shutdown, [string] $Module = "$PSScriptRoot\..\..\..\dist\PortReservation", [string] $Output = "$PSScriptRoot\..\..\..\build\live")
. "$PSScriptRoot\Report.ps1"
Import-Module $Module

$kind = if (Test-Elevated) { 'elevated' } else { 'ordinary' }
$guests = @(Get-PortExclusion | Where-Object { $_.Source -eq 'guests' })
Add-Answer 'What Windows lists for guests' ($guests | ForEach-Object { "$($_.Protocol) $($_.StartPort)-$($_.EndPort)" })
# Every 512th port finds a range of thousands.
$ports = @(for ($port = 10000; $port -lt 65536; $port += 512) { $port })
$hidden = @(Get-PortStatus $ports | Where-Object { $_.Verdict -eq 'ExcludedBySystem' -and $_.Exclusion.Source -ne 'netsh' })
$ranges = @($hidden | ForEach-Object { "$($_.Exclusion.StartPort)-$($_.Exclusion.EndPort) by $($_.Exclusion.Source)" } | Select-Object -Unique)
Add-Answer 'Hidden ranges that binds find' $ranges
if ($hidden.Count -gt 0) {
    $port = $hidden[0].Port
    Add-Answer 'Plain bind inside' (Get-Bind $port)
    Add-Answer 'What is said of it' $hidden[0].Explanation
    Add-Answer 'A runtime reservation inside' (Get-Answer { (New-PortReservation -StartPort $port -ErrorAction Stop).StartPort })
    if ($kind -eq 'elevated') {
        Add-Answer 'An exclusion inside, by the module' (Get-Answer { New-PortExclusion -StartPort $port -ErrorAction Stop })
        $said = Invoke-Netsh interface ipv4 add excludedportrange protocol=tcp startport=$port numberofports=1 store=active
        Add-Answer 'An exclusion inside, by netsh' @($LASTEXITCODE, $said)
        Add-Answer 'Plain bind on it' (Get-Bind $port)
        $null = Invoke-Netsh interface ipv4 delete excludedportrange protocol=tcp startport=$port numberofports=1 store=active
    }

    if ($Shutdown) {
        wsl.exe --shutdown
        Add-Answer 'Plain bind after wsl --shutdown' (Get-Bind $port)
    }
}
Save-Report "mirrored-wsl-$kind" $Output
