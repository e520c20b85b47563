# The full name of a file to write. Nothing where there is no place for one, with the error written.
function Resolve-NewFile {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Path, [bool] $NoClobber)

    $file = [TextFile]::FullName($Cmdlet, $Path)
    $fault = [TextFile]::Fault($file)
    if ($null -eq $fault -and $NoClobber -and [System.IO.File]::Exists($file)) { $fault = 'it is there already.' }
    if ($null -eq $fault) { return $file }
    $Cmdlet.WriteError((New-ErrorRecord 'InvalidPath' "Cannot write '$Path': $fault" InvalidArgument (
        'Name a file in a folder that is there.') $Path))
}

# Writes the text, which takes the place of what is there, or the error. $true when it is written.
function Save-TextFile {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $File, [string] $Text)

    $failure = [TextFile]::Replace($File, $Text)
    if ($null -eq $failure) { return $true }
    $category = if ($failure -is [System.UnauthorizedAccessException]) { 'PermissionDenied' } else { 'WriteError' }
    $Cmdlet.WriteError((New-ErrorRecord 'WriteFailed' "Cannot write '$File': $($failure.Message)" $category (
        'Name a file in a folder that you may write to.') $File))
    return $false
}

class TextFile {
    # Nothing where the path is not one of the file system.
    static [string] FullName([System.Management.Automation.PSCmdlet] $cmdlet, [string] $path) {
        try {
            $provider = $null
            $drive = $null
            $file = $cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path, [ref] $provider, [ref] $drive)
            if ($provider.Name -ne 'FileSystem') { return '' }
            return [System.IO.Path]::GetFullPath($file)
        }
        catch { return '' }
    }

    # Why no text can be written there, or nothing.
    static [string] Fault([string] $file) {
        if ($file -eq '') { return 'it is no path of the file system.' }
        if ([System.IO.Directory]::Exists($file) -or [System.IO.Path]::GetFileName($file) -eq '') { return 'it is a folder.' }
        $folder = [System.IO.Path]::GetDirectoryName($file)
        if (-not [System.IO.Directory]::Exists($folder)) { return "the folder '$folder' is not there." }
        # What lies there, such as /dev/null, would be replaced by a file.
        if ($file -cmatch '^/(dev|proc|sys)/') { return 'it is a place of the system, not of files.' }
        return [NullString]::Value
    }

    # Writes the text beside the file and puts it in place in one step. Gives the failure, or nothing.
    static [System.Exception] Replace([string] $file, [string] $text) {
        $beside = "$file.$([System.Guid]::NewGuid().ToString('n'))"
        try {
            [System.IO.File]::WriteAllText($beside, $text, [System.Text.UTF8Encoding]::new($false))
            if ([System.IO.File]::Exists($file)) { [System.IO.File]::Replace($beside, $file, [NullString]::Value) }
            else { [System.IO.File]::Move($beside, $file) }
            return $null
        }
        catch {
            $failure = $_.Exception.GetBaseException()
            try { [System.IO.File]::Delete($beside) } catch { return $failure }
            return $failure
        }
    }
}
