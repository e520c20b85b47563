# Files of desired-state documents. What fails is given as the exception and not thrown: one that a function catches would
# still land in the -ErrorVariable of the cmdlet.
class DocumentFile {
    # The most bytes a document may have.
    static [int] $MaximumLength = 1MB

    # The full path of what the user calls a path.
    static [object] Resolve([System.Management.Automation.PSCmdlet] $cmdlet, [string] $path) {
        try {
            return $cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
        }
        catch {
            return $_.Exception.GetBaseException()
        }
    }

    # The text, which is UTF-8 with a byte order mark or without.
    static [object] Read([string] $file) {
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

    # Writes a file as a whole: when the disk is full, what was there stays. $null, or why it failed.
    static [object] Write([string] $file, [string] $text) {
        $fresh = "$file.$([System.IO.Path]::GetRandomFileName())"
        try {
            [System.IO.File]::WriteAllText($fresh, $text, [System.Text.UTF8Encoding]::new($false))
            if ([System.IO.File]::Exists($file)) { [System.IO.File]::Replace($fresh, $file, [NullString]::Value) }
            else { [System.IO.File]::Move($fresh, $file) }
            return $null
        }
        catch {
            return $_.Exception.GetBaseException()
        }
        finally {
            if ([System.IO.File]::Exists($fresh)) { [System.IO.File]::Delete($fresh) }
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
