function Import-PortReservation {
    <#
    .SYNOPSIS
    Makes the reservations and exclusions that a desired-state document asks for.

    .DESCRIPTION
    Reads a document in JSON or YAML and makes it so: what is missing is created, a name or reason that differs is
    updated, what is as it should be is left alone. A second time changes nothing; a time that was interrupted is
    finished by the next. Persistent reservations and exclusions need root or an elevated session.

    A reservation that no document asked for is adopted by the document; one that another document asked for is an
    error. What the document asked for once and asks for no more is removed where it is in the way, and with
    -Prune altogether.

    A document that is wrong changes nothing and gives one error, InvalidDocument, with the lines of its faults.
    What cannot be made gives an error each, such as PortInUse, RangeReserved, RangeExcluded, AccessDenied or
    NotSupported, and the rest is made. Further errors, by id: DocumentNotRead, LedgerBusy, LedgerCorrupt,
    OsError.

    .PARAMETER Path
    The document's file: UTF-8, at most 1 MiB. Wildcards are not expanded.

    .PARAMETER Format
    Json or Yaml. Default: Json for a file whose name ends in .json, else Yaml.

    .PARAMETER Prune
    Removes all reservations and exclusions that carry the document's name and are no longer in it.

    .PARAMETER MoveSysctlConf
    Linux: moves the line of /etc/sysctl.conf that sets the list of reserved ports into a file of sysctl.d,
    where it takes nothing from what is reserved. Otherwise it is warned of.

    .PARAMETER PassThru
    Gives an object for each change with -WhatIf, too.

    .INPUTS
    Paths, or files as Get-ChildItem gives them.

    .OUTPUTS
    PortReservation.Change

    .EXAMPLE
    Import-PortReservation ports.yaml -WhatIf

    Shows each change that would be made, and the errors that can be foreseen, and changes nothing.

    .EXAMPLE
    Import-PortReservation ports.yaml -Prune | Where-Object Action -ne None

    Makes the document so, removes what it asks for no more, and gives what was changed.

    .EXAMPLE
    Export-PortReservation ports.json; Import-PortReservation ports.json -WhatIf

    Writes what is there, and shows what the document would change.

    .LINK
    Export-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('FullName', 'PSPath')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Path,

        [ValidateSet('Json', 'Yaml')]
        [string] $Format,

        [switch] $Prune,

        [switch] $MoveSysctlConf,

        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        foreach ($one in $Path) {
            $file = [TextFile]::FullName($PSCmdlet, $one)
            $text = [DocumentFile]::Read($file)
            if ($text -isnot [string]) {
                Write-ReadError $PSCmdlet $one $text
                continue
            }

            $written = $Format
            if (-not $written) { $written = if ([DocumentFile]::FormatOf($file) -eq 'Json') { 'Json' } else { 'Yaml' } }
            $isWhatIf = [bool] $WhatIfPreference
            if (-not $isWhatIf -and -not $PSCmdlet.ShouldProcess($one, 'Make its reservations and exclusions')) { continue }
            $params = @{
                text = $text; format = $written.ToLowerInvariant(); prune = [bool] $Prune; moveSysctlConf = [bool] $MoveSysctlConf
                whatIf = $isWhatIf
            }
            $result = Invoke-WorkerMethod $PSCmdlet 'desiredState/apply' $params $one
            if ($null -ne $result) { Write-Change $PSCmdlet $result $isWhatIf ([bool] $PassThru) }
        }
    }
}
