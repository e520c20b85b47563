function Remove-PortExclusion {
    <#
    .SYNOPSIS
    Gives excluded ports back to the system's automatic choice.

    .DESCRIPTION
    Removes the exclusion of exactly this range, now and from the next restart on. It needs root or an elevated session.

    What somebody else made is left alone, with the error NotOwner, unless -Force is given. What a file of somebody else
    sets on Linux is theirs to change even then (NotSupported), and the range of a Windows driver is no exclusion (NotFound).

    Errors, by id: NotFound, NotOwner, AccessDenied, NotSupported, InvalidParams, LedgerBusy, LedgerCorrupt, OsError. Each
    protocol or input that fails gives one error, and the next one is processed.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both: each by itself.

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
    Objects with properties of the parameters' names, such as exclusions.

    .OUTPUTS
    None, or PortReservation.Exclusion with -PassThru.

    .EXAMPLE
    Remove-PortExclusion -StartPort 5173

    Removes the exclusion of exactly TCP port 5173.

    .EXAMPLE
    Get-PortExclusion vite | Remove-PortExclusion -PassThru

    Removes the exclusions of that name, and returns them.

    .LINK
    New-PortExclusion

    .LINK
    Get-PortExclusion

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Exclusion')]
    param(
        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp',

        [Parameter(Mandatory, ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Document,

        [switch] $Force,

        [switch] $PassThru
    )

    process {
        $words = ConvertTo-ProtocolList $Protocol
        foreach ($word in $words) {
            $params = ConvertTo-RangeParam $word $StartPort $NumberOfPorts
            if ($Document) { $params.document = $Document }
            if ($Force) { $params.force = $true }

            $target = Format-PortRange ([FromWire]::Title($word)) $StartPort $NumberOfPorts
            if (-not $PSCmdlet.ShouldProcess($target, 'Remove port exclusion')) { continue }
            $wire = Invoke-WorkerMethod $PSCmdlet 'exclusion/remove' $params $target
            if ($PassThru -and $null -ne $wire) { [FromWire]::Exclusion($wire) }
        }
    }
}
