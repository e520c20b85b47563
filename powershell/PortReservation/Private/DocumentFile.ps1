# The error for a document that could not be read.
function Write-ReadError {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Path, [System.Exception] $Exception)

    $category = if ($Exception -is [System.UnauthorizedAccessException]) { 'PermissionDenied' } else { 'ReadError' }
    $message = "The document '$Path' cannot be read: $($Exception.Message)"
    $Cmdlet.WriteError((New-ErrorRecord DocumentNotRead $message $category 'Name a readable file of UTF-8 text.' $Path))
}

# Files of desired-state documents. What fails is given as the exception and not thrown: one that a function catches would
# still land in the -ErrorVariable of the cmdlet.
class DocumentFile {
    # The most bytes a document may have.
    static [int] $MaximumLength = 1MB

    # The text, which is UTF-8 with a byte order mark or without.
    static [object] Read([string] $file) {
        if ($file -eq '') { return [System.IO.IOException]::new('it is no path of the file system') }
        try {
            $length = [System.IO.FileInfo]::new($file).Length
            if ($length -gt [DocumentFile]::MaximumLength) {
                return [System.IO.IOException]::new(
                    "it has $length bytes; a document has $([DocumentFile]::MaximumLength) at most")
            }

            $text = [System.Text.UTF8Encoding]::new($false, $true).GetString([System.IO.File]::ReadAllBytes($file))
            return $text.TrimStart([char] 0xFEFF)
        }
        catch [System.ArgumentException] {
            return [System.IO.IOException]::new('it is not valid UTF-8')
        }
        catch {
            return $_.Exception.GetBaseException()
        }
    }

    # What a file of this name is written in.
    static [string] FormatOf([string] $file) {
        switch ([System.IO.Path]::GetExtension($file)) {
            '.json' { return 'Json' }
            '.env' { return 'Env' }
        }

        return 'Yaml'
    }
}
