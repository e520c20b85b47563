function Import-PortDocument {
    <#
    .SYNOPSIS
    Makes a desired-state document of what is there without one.

    .DESCRIPTION
    Makes the text of a document of what others have excluded, of what listens, or of a file that says so, and
    changes nothing. What somebody else made has a reason that begins with "foreign:". What no document can say
    is left out with a warning. Import-PortReservation makes the document so, here or elsewhere.

    Errors, by id: InvalidPath, DocumentNotRead, InvalidDocument (a table that is wrong, with the lines),
    NotSupported where this system has no such source, AccessDenied, LedgerCorrupt, OsError.

    .PARAMETER From
    Sysctl: the list of reserved ports of Linux, of this machine or of a file of sysctl.d. Netsh: the exclusions
    of Windows, of this machine or of the output of netsh int ipv4 show excludedportrange. Csv: a table with the
    column StartPort or Port, and where there are any NumberOfPorts or EndPort, Protocol, Name, Reason and Kind.
    Listeners: what listens on this machine. UrlAcl: the output of netsh http show urlacl, whose ports can be
    told alone.

    .PARAMETER Path
    The file, UTF-8, at most 1 MiB. Csv and UrlAcl need one. Wildcards are not expanded.

    .PARAMETER Document
    The name of the document, 1 to 100 characters. Default: imported.

    .PARAMETER Format
    Yaml (the default) or Json.

    .INPUTS
    None.

    .OUTPUTS
    System.String

    .EXAMPLE
    Import-PortDocument -From Listeners -Document shop

    Gives a document that reserves what the services of this machine listen on, for them.

    .EXAMPLE
    Import-PortDocument -From Csv ports.csv

    Gives a document with a reservation for each row of the table.

    .LINK
    Import-PortReservation

    .LINK
    Export-PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)]
        [ValidateSet('Sysctl', 'Netsh', 'Csv', 'Listeners', 'Urlacl')]
        [string] $From,

        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [ValidateLength(1, 100)]
        [string] $Document,

        [ValidateSet('Json', 'Yaml')]
        [string] $Format
    )

    . $script:UseCallerPreference
    $params = @{ from = $From.ToLowerInvariant() }
    if ($Document) { $params.document = $Document }
    if ($Format) { $params.format = $Format.ToLowerInvariant() }
    if ($Path) {
        $text = [DocumentFile]::Read([TextFile]::FullName($PSCmdlet, $Path))
        if ($text -isnot [string]) {
            Write-ReadError $PSCmdlet $Path $text
            return
        }

        $params.text = $text
    }
    elseif ($From -in 'Csv', 'Urlacl') {
        $message = "There is no file that -From $From is to read."
        $PSCmdlet.WriteError((New-ErrorRecord InvalidPath $message 'InvalidArgument' 'Name it with -Path.' $From))
        return
    }

    $result = Invoke-WorkerMethod $PSCmdlet 'desiredState/import' $params $From
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
    return [string] $result['text']
}
