# A program with environment variables of its own; those of this process stay as they are.
class ReservedProgram {
    # Starts it; its standard output is ours to read. Gives the process, or the text that says why there is none.
    static [object] Start([string] $file, [string[]] $arguments, [hashtable] $variables, [string] $folder) {
        $process = [System.Diagnostics.Process]::new()
        $start = $process.StartInfo
        $start.FileName = $file
        $start.WorkingDirectory = $folder
        $start.UseShellExecute = $false
        $start.RedirectStandardOutput = $true
        foreach ($name in $variables.Keys) { $start.EnvironmentVariables[$name] = $variables[$name] }
        [RedirectedProcess]::SetArguments($start, $arguments)
        try {
            $null = $process.Start()
            return $process
        }
        catch {
            return $_.Exception.GetBaseException().Message
        }
    }
}

# Runs a program with the variables, gives the lines of its output, and sets $LASTEXITCODE, as the call operator does.
function Invoke-ReservedProgram {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $FilePath, [string[]] $ArgumentList, [hashtable] $Variables)

    $session = $Cmdlet.SessionState
    $command = $session.InvokeCommand.GetCommand($FilePath, 'Application')
    $process = if ($null -eq $command) { 'there is no such program on PATH.' }
    else {
        [ReservedProgram]::Start($command.Path, $ArgumentList, $Variables, $session.Path.CurrentFileSystemLocation.ProviderPath)
    }
    if ($process -isnot [System.Diagnostics.Process]) {
        $Cmdlet.WriteError((New-ErrorRecord 'ProgramNotStarted' "The program '$FilePath' cannot be started: $process" (
            'OpenError') 'Check that the program is there and may be run.' $FilePath))
        return
    }

    try {
        while ($true) {
            $line = $process.StandardOutput.ReadLineAsync()
            # Short waits: while .NET waits, the pipeline cannot be stopped.
            while (-not $line.Wait(50)) { continue }
            if ($null -eq $line.Result) { break }
            $line.Result
        }

        while (-not $process.WaitForExit(50)) { continue }
        $session.PSVariable.Set('global:LASTEXITCODE', $process.ExitCode)
    }
    finally {
        # After Ctrl+C, which a terminal sends to the program as well.
        if (-not $process.WaitForExit(2000)) { $process.Kill() }
        $process.Dispose()
    }
}
