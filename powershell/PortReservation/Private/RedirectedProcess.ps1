# Starts programs with their three streams redirected.
class RedirectedProcess {
    # The first word is the program, the rest its arguments. Gives the process, or the text that says why there is none.
    static [object] Start([string[]] $commandLine) {
        $process = [System.Diagnostics.Process]::new()
        $start = $process.StartInfo
        $start.FileName = $commandLine[0]
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false)
        $start.StandardErrorEncoding = $start.StandardOutputEncoding

        $arguments = [System.Collections.Generic.List[string]] $commandLine
        $arguments.RemoveAt(0)
        try {
            [RedirectedProcess]::SetArguments($start, $arguments)
            if ([RedirectedProcess]::IsOnFramework($start)) { [RedirectedProcess]::StartWithoutPreamble($process, [System.Console]) }
            else { $null = $process.Start() }

            return $process
        }
        catch {
            return $_.Exception.GetBaseException().Message
        }
    }

    hidden static [bool] IsOnFramework([System.Diagnostics.ProcessStartInfo] $start) {
        return $null -eq $start.PSObject.Properties['ArgumentList']
    }

    # Each argument reaches the program as it is here.
    static [void] SetArguments([System.Diagnostics.ProcessStartInfo] $start, [string[]] $arguments) {
        if ([RedirectedProcess]::IsOnFramework($start)) { $start.Arguments = [RedirectedProcess]::Join($arguments) }
        else { foreach ($argument in $arguments) { $start.ArgumentList.Add($argument) } }
    }

    # One text of many arguments, by the rules by which Microsoft's C runtime takes it apart again.
    static [string] Join([string[]] $arguments) {
        $quoted = foreach ($text in $arguments) {
            if ($text -match '\A[^\s"]+\z') {
                $text
            }
            else {
                # Backslashes count as such unless a quote follows them; then each of them is doubled.
                '"' + (($text -replace '(\\*)"', '$1$1\"') -replace '(\\+)\z', '$1$1') + '"'
            }
        }

        return $quoted -join ' '
    }

    # .NET Framework writes the preamble of the console's input encoding ahead of all else; UTF-8's breaks the first frame.
    hidden static [void] StartWithoutPreamble([object] $process, [type] $console) {
        $encoding = $console::InputEncoding
        $hasPreamble = $encoding.GetPreamble().Length -gt 0
        try {
            if ($hasPreamble) { [RedirectedProcess]::SetInputEncoding($console, [System.Text.UTF8Encoding]::new($false)) }
            $null = $process.Start()
        }
        finally {
            if ($hasPreamble) { [RedirectedProcess]::SetInputEncoding($console, $encoding) }
        }
    }

    # Windows refuses to set it where there is no console, as in ISE and behind WinRM, and what a catch takes is in $Error all
    # the same. The framework reads its field; to set that alone leaves the console as it is.
    hidden static [void] SetInputEncoding([type] $console, [System.Text.Encoding] $encoding) {
        $field = $console.GetField('_inputEncoding', [System.Reflection.BindingFlags] 'NonPublic, Static')
        if ($null -ne $field) {
            $field.SetValue($null, $encoding)
            return
        }

        try { $console::InputEncoding = $encoding }
        catch { return }
    }
}
