# The command line as a program that runs without Node, where this module has it and neither a Node nor a worker was asked for.
function Find-WorkerProgram {
    param([hashtable] $Options)

    if ($Options['NodePath'] -or $Options['WorkerPath']) { return }
    if ([System.Environment]::GetEnvironmentVariable('PORT_RESERVATION_NODE')) { return }
    $folder = [System.IO.Path]::Combine($ExecutionContext.SessionState.Module.ModuleBase, 'bin')
    $extension = if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { '.exe' } else { '' }
    $program = [System.IO.Path]::Combine($folder, "portreservation$extension")
    if ([System.IO.File]::Exists($program)) { $program }
}
