# What policies of this machine do to the module: the language mode, the execution policy, and koffi.node.
param([string] $Module = "$PSScriptRoot\..\..\..\dist\PortReservation", [string] $Output = "$PSScriptRoot\..\..\..\build\live")
. "$PSScriptRoot\Report.ps1"

Add-Answer 'Execution policies' (Get-ExecutionPolicy -List | ForEach-Object { "$($_.Scope) $($_.ExecutionPolicy)" })
Add-Answer 'Language mode' $ExecutionContext.SessionState.LanguageMode
$koffi = @(Get-ChildItem "$Module\worker\koffi" -Recurse -Filter koffi.node -ErrorAction Ignore)
Add-Answer 'Signatures of koffi.node' ($koffi | ForEach-Object { (Get-AuthenticodeSignature $_.FullName).Status })
$start = Get-Date
Add-Answer 'Import-Module' (Get-Answer { Import-Module $Module; 'loaded' })
Add-Answer 'Get-PortExclusion' (Get-Answer { "$(@(Get-PortExclusion -ErrorAction Stop).Count) exclusions" })
Add-Answer 'New-PortReservation' (Get-Answer { (New-PortReservation -ErrorAction Stop).StartPort; Stop-PortReservationWorker })
$log = @{ LogName = 'Microsoft-Windows-CodeIntegrity/Operational'; Id = 3076, 3077; StartTime = $start }
Add-Answer 'Events 3076 and 3077 meanwhile' (Get-Answer {
    Get-WinEvent -FilterHashtable $log -ErrorAction Ignore | ForEach-Object { $_.Message.Split("`n")[0].Trim() }
})

# The variable puts new sessions of Windows PowerShell into the mode that a policy would; it is meant for trying that.
$env:__PSLockdownPolicy = '4'
try {
    $script = "`$ExecutionContext.SessionState.LanguageMode; Import-Module '$Module'; (Get-Module PortReservation).Name"
    Add-Answer 'A session of ConstrainedLanguage' (Get-Answer { powershell.exe -NoProfile -ExecutionPolicy Bypass -Command $script 2>&1 })
}
finally {
    Remove-Item Env:\__PSLockdownPolicy
}
Save-Report 'policies' $Output
