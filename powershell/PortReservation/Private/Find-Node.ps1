# The full path of the Node to run the worker with: the one asked for, that of PORT_RESERVATION_NODE, or the first on PATH.
# Gives the path, or the error record that says that there is none.
function Find-Node {
    param([string] $NodePath)

    $source = '-NodePath'
    if ($NodePath -eq '') {
        $NodePath = [string] [System.Environment]::GetEnvironmentVariable('PORT_RESERVATION_NODE')
        $source = 'the environment variable PORT_RESERVATION_NODE'
    }

    if ($NodePath -ne '') {
        if ([System.IO.File]::Exists($NodePath)) { return $NodePath }
        return New-ErrorRecord 'NodeNotFound' "Node.js is not at '$NodePath', where $source says it is." ObjectNotFound (
            'Correct the path, or leave it out to use the node on PATH.') $NodePath
    }

    $separator = [System.IO.Path]::DirectorySeparatorChar
    $name = if ($separator -eq '\') { 'node.exe' } else { 'node' }
    $path = [string] [System.Environment]::GetEnvironmentVariable('PATH')
    foreach ($entry in $path.Split([System.IO.Path]::PathSeparator)) {
        $folder = $entry.Trim('"').TrimEnd('/', '\')
        # Relative folders are left out: what they mean depends on where one stands.
        if ($folder -notmatch '^(/|\\\\|[A-Za-z]:)') { continue }
        if ([System.IO.File]::Exists("$folder$separator$name")) { return "$folder$separator$name" }
    }

    New-ErrorRecord 'NodeNotFound' 'Node.js was not found on PATH; the worker that reserves the ports runs on it.' (
        'ObjectNotFound') (
        "Install Node.js $script:OldestNode or newer (nodejs.org), or name it by PORT_RESERVATION_NODE or -NodePath.") $name
}
