function Export-PortReservation {
    <#
    .SYNOPSIS
    Writes the persistent reservations and own exclusions as a document, or their ports for other programs.

    .DESCRIPTION
    Writes a document that Import-PortReservation reads, here or on another machine. Runtime reservations are not
    in it.

    Other formats give the ports of the reservations by name: Env as NAME_PORT=21040 lines, for a shell, an
    EnvironmentFile of systemd or an env_file of Compose; Compose as a Compose file that publishes them;
    Devcontainer as forwardPorts and portsAttributes of a devcontainer.json; Systemd-socket as a socket unit
    of systemd for each name. What they cannot say is left out with a warning.

    Errors, by id: InvalidPath, WriteFailed (the file that was there is left as it is), AccessDenied,
    LedgerCorrupt, OsError.

    .PARAMETER Path
    The file to write, as UTF-8 without a byte order mark. Wildcards are not expanded. Without it
    the text is given.

    .PARAMETER Format
    Json, Yaml, Env, Compose, Devcontainer or Systemd-socket. Default: Json for a file whose name ends in .json,
    Env for .env, else Yaml.

    .PARAMETER Document
    Only what the desired-state document of this name asked for; it is the name of the document that is written.
    Default: everything, as the document exported.

    .PARAMETER NoClobber
    Writes no file where there is one already.

    .INPUTS
    None.

    .OUTPUTS
    None, or System.String without -Path.

    .EXAMPLE
    Export-PortReservation ports.yaml

    Writes all persistent reservations and own exclusions to a file.

    .EXAMPLE
    Export-PortReservation -Format Env -Document shop

    Gives lines such as WEB_PORT=21040 for the reservations of the document shop.

    .LINK
    Import-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Low', PositionalBinding = $false)]
    [OutputType([string])]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [ValidateSet('Json', 'Yaml', 'Env', 'Compose', 'Devcontainer', 'Systemd-socket')]
        [string] $Format,

        [ValidateNotNullOrEmpty()]
        [string] $Document,

        [switch] $NoClobber
    )

    . $script:UseCallerPreference
    $written = $Format
    if (-not $written) { $written = [DocumentFile]::FormatOf($Path) }
    $params = @{ format = $written.ToLowerInvariant() }
    if ($Document) { $params.document = $Document }
    if ($Path) {
        $file = Resolve-NewFile $PSCmdlet $Path $NoClobber
        if ($null -eq $file -or -not $PSCmdlet.ShouldProcess($file, 'Write document')) { return }
    }

    $result = Invoke-WorkerMethod $PSCmdlet 'desiredState/export' $params $Path
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
    $text = [string] $result['text']
    if (-not $Path) { return $text }
    $null = Save-TextFile $PSCmdlet $file $text
}
