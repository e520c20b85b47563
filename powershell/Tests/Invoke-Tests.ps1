# Runs the tests of the cmdlets on the built module (npm run build) with what can run here: those for this system, and those
# tagged Elevated where the user is. Invoke-Pester alone runs them, too.
param(
    # Pester's manifest. Default: the one that is installed.
    [string] $PesterPath = 'Pester',
    # Where to look for tests. Default: this folder.
    [string[]] $Path = $PSScriptRoot,
    # A file to write the results to, as JSON.
    [string] $ResultPath
)
Import-Module $PesterPath -ErrorAction Stop
$onWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
$isElevated = if ($onWindows) {
    [System.Security.Principal.WindowsPrincipal]::new([System.Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole(
        [System.Security.Principal.WindowsBuiltInRole]::Administrator)
}
else { (id -u) -eq '0' }
if ($env:PESTER_UNELEVATED) { $isElevated = $false }

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = if ($ResultPath) { 'None' } else { 'Detailed' }
$configuration.Filter.ExcludeTag = @(
    if ($onWindows) { 'Linux' } else { 'Windows' }
    if (-not $isElevated) { 'Elevated' }
)
$run = Invoke-Pester -Configuration $configuration

if ($ResultPath) {
    $tests = foreach ($test in $run.Tests) {
        if ($test.Result -eq 'NotRun') { continue }
        @{
            file    = [System.IO.Path]::GetFileName($test.ScriptBlock.File)
            name    = $test.ExpandedPath
            result  = "$($test.Result)"
            message = ($test.ErrorRecord | ForEach-Object { "$_`n$($_.ScriptStackTrace)" }) -join "`n"
        }
    }
    # A file that does not even begin has no tests; a block may fail after all of its own have passed.
    $others = foreach ($failed in @($run.FailedContainers) + @($run.FailedBlocks)) {
        @{
            file    = [System.IO.Path]::GetFileName("$($failed.Item)$($failed.ScriptBlock.File)")
            name    = "$failed"
            result  = 'Failed'
            message = ($failed.ErrorRecord | ForEach-Object { "$_`n$($_.ScriptStackTrace)" }) -join "`n"
        }
    }
    $json = ConvertTo-Json @(@($tests) + @($others) | Where-Object { $_ }) -Depth 3
    [System.IO.File]::WriteAllText($ResultPath, $json)
}
elseif ($run.Result -ne 'Passed') { exit 1 }
