# What the terminal can show, as the worker is told it.
class Terminal {
    static [hashtable] Rendering([object] $powerShellHost, [int] $width, [bool] $isPlain) {
        $render = @{ format = 'text'; columns = $width; colors = 'none'; characters = 'ascii' }
        if ($width -eq 0) { $render.columns = [Terminal]::Columns([Terminal]::WindowWidth($powerShellHost)) }
        if ($isPlain -or -not [Terminal]::IsUnicode()) { return $render }
        $render.characters = 'unicode'
        $redirected = [System.Console]::IsOutputRedirected -or -not $powerShellHost.UI.SupportsVirtualTerminal
        if (-not $redirected) { $render.colors = [Terminal]::Colors([System.Environment]::GetEnvironmentVariables()) }
        return $render
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

    # A host without a window says so by an exception.
    hidden static [int] WindowWidth([object] $powerShellHost) {
        try { return $powerShellHost.UI.RawUI.WindowSize.Width }
        catch { return 0 }
    }

    hidden static [bool] IsUnicode() {
        try { return [System.Console]::OutputEncoding.CodePage -in 65001, 1200, 1201 }
        catch { return $false }
    }
}
