# Nothing else before this: in another language mode no class, no .NET method and no property of an object is to be had, and
# what is left of the module would only fail.
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    throw "PortReservation is not loaded: it needs the language mode FullLanguage, and this session has " +
        "$($ExecutionContext.SessionState.LanguageMode), as application control policies set it; use the command line " +
        "portreservation (the npm package portreservation), which needs no PowerShell, or have the module's files allowed " +
        "(docs/signing.md)."
}

Set-StrictMode -Version 3.0

# The worker of this runspace, how Start-PortReservationWorker was told to start it, the versions of the Nodes found, and weak
# references to the sockets that New-PortReservationSocket gave.
$script:Session = @{
    Worker       = $null
    Options      = @{}
    NodeVersions = @{}
    Sockets      = [System.Collections.Generic.List[System.WeakReference]]::new()
}

$otherEdition = @{ Core = 'Json.Desktop.ps1'; Desktop = 'Json.Core.ps1' }[$PSEdition]
# A class must be there before a file is read that names it in a class of its own.
$named = @('CompiledHandler.ps1', 'RedirectedProcess.ps1', 'Remedy.ps1', 'ReservationSocket.ps1', 'Worker.ps1')
foreach ($folder in 'Private', 'Public') {
    $files = [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($PSScriptRoot, $folder), '*.ps1')
    foreach ($isNamed in $true, $false) {
        foreach ($file in $files) {
            $name = [System.IO.Path]::GetFileName($file)
            if (($named -contains $name) -eq $isNamed -and $name -ne $otherEdition) { . $file }
        }
    }
}

Register-ArgumentCompleter -ParameterName Name -ScriptBlock ${function:Complete-Name} -CommandName @(
    'Get-PortExclusion'
    'Get-PortReservation'
    'Remove-PortExclusion'
    'Remove-PortReservation'
    'Test-PortReservation'
)
Register-ArgumentCompleter -ParameterName Document -ScriptBlock ${function:Complete-Name} -CommandName @(
    'Export-PortReservation'
    'Get-PortExclusion'
    'Get-PortReservation'
    'Import-PortDocument'
    'New-PortExclusion'
    'New-PortReservation'
    'Remove-PortExclusion'
    'Remove-PortReservation'
)

foreach ($parameter in 'Port', 'StartPort', 'NumberOfPorts', 'Token', 'Within') {
    Register-ArgumentCompleter -ParameterName $parameter -ScriptBlock ${function:Complete-Port} -CommandName @(
        'Connect-PortReservation'
        'Find-FreePortRange'
        'Get-PortExclusion'
        'Get-PortReservation'
        'Get-PortStatus'
        'Invoke-WithPortReservation'
        'New-PortExclusion'
        'New-PortReservation'
        'New-PortReservationSocket'
        'Remove-PortExclusion'
        'Remove-PortReservation'
        'Test-PortReservation'
    )
}
Register-ArgumentCompleter -ParameterName Path -ScriptBlock ${function:Complete-Document} -CommandName 'Import-PortReservation'

$ExecutionContext.SessionState.Module.OnRemove = { Stop-Worker $script:Session.Worker }
