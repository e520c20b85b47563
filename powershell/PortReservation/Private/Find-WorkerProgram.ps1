# The worker that runs without Node, where this module has one and neither a Node nor a worker was asked for.
function Find-WorkerProgram {
    param([hashtable] $Options)

    if ($Options['NodePath'] -or $Options['WorkerPath']) { return }
    if ([System.Environment]::GetEnvironmentVariable('PORT_RESERVATION_NODE')) { return }
    $folder = [System.IO.Path]::Combine($ExecutionContext.SessionState.Module.ModuleBase, 'worker')
    $extension = if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { '.exe' } else { '' }
    $program = [System.IO.Path]::Combine($folder, "port-reservation-worker$extension")
    if ([System.IO.File]::Exists($program)) { $program }
}
