$script:OldestNode = [version] '20.19'

# Starts asking a Node for its version, so that it answers while the worker starts. Nothing where it is known already.
function Start-NodeVersionQuery {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'It asks for a version and changes nothing.')]
    param([string] $NodePath)

    if ($script:Session.NodeVersions.ContainsKey($NodePath)) { return }
    $process = [RedirectedProcess]::Start(@($NodePath, '--version'))
    if ($process -is [System.Diagnostics.Process]) { $process }
}

# Gives nothing, or the error record that says that this Node is too old. An answer that is no version is left to the
# worker's own start to explain.
function Complete-NodeVersionQuery {
    param([string] $NodePath, [System.Diagnostics.Process] $Query)

    if ($null -ne $Query) {
        $Query.StandardInput.BaseStream.Close()
        $answer = $Query.StandardOutput.ReadToEndAsync()
        while (-not $answer.Wait(50)) { continue }
        $Query.Dispose()
        $script:Session.NodeVersions[$NodePath] = $answer.Result.Trim().TrimStart('v') -replace '[^0-9.].*'
    }

    $version = $script:Session.NodeVersions[$NodePath] -as [version]
    if ($null -eq $version -or $version -ge $script:OldestNode) { return }
    New-ErrorRecord 'NodeTooOld' (
        "The Node.js at '$NodePath' is version $version; the worker needs $script:OldestNode or newer.") NotInstalled (
        "Install Node.js $script:OldestNode or newer (nodejs.org), or name another by PORT_RESERVATION_NODE or -NodePath.") (
        $NodePath)
}
