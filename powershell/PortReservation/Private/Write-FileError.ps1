# The error for a document's file that could not be read or written.
function Write-FileError {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Id,
        [string] $Path,
        [System.Exception] $Exception,
        [string] $RecommendedAction
    )

    $verb = if ($Id -eq 'DocumentNotRead') { 'read' } else { 'written' }
    $category = if ($Exception -is [System.UnauthorizedAccessException]) { 'PermissionDenied' }
    elseif ($verb -eq 'read') { 'ReadError' }
    else { 'WriteError' }
    $message = "The document '$Path' cannot be ${verb}: $($Exception.Message)"
    $Cmdlet.WriteError((New-ErrorRecord $Id $message $category $RecommendedAction $Path))
}
