function Remove-PortExclusion {
    <#
    .SYNOPSIS
    Gives excluded ports back to the system's automatic choice.

    .DESCRIPTION
    Removes the exclusion of exactly this range, or those of a name, now and from the next restart on. It needs
    root or an elevated session.

    What somebody else made is left alone, with the error NotOwner, unless -Force is given. What a file of
    somebody else sets on Linux is theirs to change even then (NotSupported), and the range of a Windows driver is
    no exclusion (NotFound).

    Errors, by id: NotFound, NotOwner, AccessDenied, NotSupported, InvalidParams, LedgerBusy, LedgerCorrupt,
    OsError. Each protocol or input that fails gives one error, and the next one is processed.

    .PARAMETER Name
    The names of the exclusions. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp, Udp, or both. Default: both for a name; of a range, Tcp.

    .PARAMETER StartPort
    The first port of exactly this range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range has, 1 to 65535. Default 1.

    .PARAMETER Document
    Only if the desired-state document of this name asked for it.

    .PARAMETER Force
    Removes an exclusion that somebody else made, too.

    .PARAMETER PassThru
    Returns the removed exclusions. By default nothing is returned.

    .INPUTS
    Numbers, each the range of this one port; or objects with properties of the parameters' names, such as exclusions.

    .OUTPUTS
    None, or PortReservation.Exclusion with -PassThru.

    .EXAMPLE
    Remove-PortExclusion -StartPort 5173

    Removes the exclusion of exactly TCP port 5173.

    .EXAMPLE
    Remove-PortExclusion vite -PassThru

    Removes the exclusions of that name, and returns them.

    .EXAMPLE
    Get-PortExclusion -Document shop | Remove-PortExclusion -WhatIf

    Shows which exclusions of a document would be removed.

    .LINK
    New-PortExclusion

    .LINK
    Get-PortExclusion

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(
        DefaultParameterSetName = 'Range', SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Exclusion')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Name', Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol,

        [Parameter(Mandatory, ParameterSetName = 'Range', ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ParameterSetName = 'Range', ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Document,

        [switch] $Force,

        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        $selector = @{
            Name = $Name; Protocol = $Protocol; StartPort = $StartPort; NumberOfPorts = $NumberOfPorts; Document = $Document
        }
        foreach ($selected in Select-Removal $PSCmdlet @selector -Exclusion) {
            if ($Force) { $selected.Params.force = $true }
            if (-not $PSCmdlet.ShouldProcess($selected.Target, 'Remove port exclusion')) {
                Write-Foresight $PSCmdlet 'exclusion/remove' $selected.Params $selected.Target
                continue
            }

            $result = Invoke-WorkerMethod $PSCmdlet 'exclusion/remove' $selected.Params $selected.Target
            if (-not $PassThru -or $null -eq $result) { continue }
            foreach ($wire in $result['exclusions']) { [FromWire]::Exclusion($wire) }
        }
    }
}
