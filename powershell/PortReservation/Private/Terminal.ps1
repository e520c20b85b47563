# What the terminal can show, as the worker is told it.
class Terminal {
    static [hashtable] Rendering([object] $powerShellHost, [int] $width, [string] $manner) {
        $render = @{ format = 'text'; columns = $width; colors = 'none'; characters = 'unicode' }
        if ($width -eq 0) { $render.columns = [Terminal]::Columns([Terminal]::WindowWidth($powerShellHost)) }
        $isRedirected = [System.Console]::IsOutputRedirected
        if ($manner -eq 'Plain' -or -not [Terminal]::IsUnicode($isRedirected)) { $render.characters = 'ascii' }
        elseif ($manner -eq 'Colorful' -and -not $isRedirected -and $powerShellHost.UI.SupportsVirtualTerminal) {
            $render.colors = [Terminal]::Colors([System.Environment]::GetEnvironmentVariables())
        }

        return $render
    }

    # Whether what the command writes goes to another command or into a file, as far as its line says so.
    static [bool] IsPassedOn([System.Management.Automation.InvocationInfo] $invocation) {
        if ($invocation.PipelinePosition -lt $invocation.PipelineLength) { return $true }
        $line = [System.Management.Automation.Language.Parser]::ParseInput($invocation.Line, [ref] $null, [ref] $null)
        $commands = $line.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
        foreach ($command in $commands) {
            if ($command.GetCommandName() -eq $invocation.InvocationName -and $command.Redirections.Count -gt 0) { return $true }
        }

        return $false
    }

    # One less than the window: some terminals go on in the next line when the last column is written.
    static [int] Columns([int] $window) {
        if ($window -le 0) { return 80 }
        return [System.Math]::Min(500, [System.Math]::Max(40, $window - 1))
    }

    # What a terminal that knows escape sequences says of its colours; no-color.org has the first rule.
    static [string] Colors([System.Collections.IDictionary] $environment) {
        if ($environment['NO_COLOR'] -or $environment['TERM'] -eq 'dumb') { return 'none' }
        # The console of Windows has had all colours for as long as it has had escape sequences.
        if ($environment['COLORTERM'] -match '^(truecolor|24bit)$' -or $environment['OS'] -eq 'Windows_NT') { return 'trueColor' }
        if ($environment['TERM'] -match '256color') { return 'ansi256' }
        return 'ansi16'
    }

    # What is redirected goes to no window, though hosts have a width to tell; one without a window says so by an exception.
    hidden static [int] WindowWidth([object] $powerShellHost) {
        if ([System.Console]::IsOutputRedirected) { return 0 }
        try { return $powerShellHost.UI.RawUI.WindowSize.Width }
        catch { return 0 }
    }

    # PowerShell's own host writes any character to a console of Windows, whatever that one's code page is.
    hidden static [bool] IsUnicode([bool] $isRedirected) {
        if (-not $isRedirected -and [System.Environment]::OSVersion.Platform -eq 'Win32NT') { return $true }
        try { return [System.Console]::OutputEncoding.CodePage -in 65001, 1200, 1201 }
        catch { return $false }
    }
}
