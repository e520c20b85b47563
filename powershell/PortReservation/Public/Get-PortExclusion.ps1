function Get-PortExclusion {
    <#
    .SYNOPSIS
    Gets the ranges of ports that are kept out of the system's automatic choice.

    .DESCRIPTION
    Gets the exclusions of this machine, yours and those of others, by protocol and start port. What is given must fit
    altogether; without parameters all are returned.

    The property Own says whether PortReservation made it; these alone have Name, Reason, Owner and CreatedAt. Administered
    says whether anyone may bind there by number: $false are the ranges of Windows' drivers, most often WinNAT for Hyper-V,
    WSL or Docker, and reservations. Store says whether it lasts: Active until the next restart, Persistent from then on too.

    Source: netsh interface ipv4 show excludedportrange on Windows; net.ipv4.ip_local_reserved_ports and the files that set
    it on Linux, which knows no protocols, so what others exclude there is listed for both.

    A name without wildcards that does not exist gives the error NotFound; a name with wildcards or a -Port that no
    exclusion holds gives nothing. Further errors, by id: InvalidParams, AccessDenied, NotSupported, LedgerCorrupt, OsError,
    and SelectorMissing where nothing but an empty name is given.

    .PARAMETER Name
    The names to look for. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp or Udp. Default: both.

    .PARAMETER Port
    Only the exclusions that hold this port, 1 to 65535.

    .INPUTS
    Objects with properties of the parameters' names.

    .OUTPUTS
    PortReservation.Exclusion

    .EXAMPLE
    Get-PortExclusion -Protocol Tcp -Port 5173

    Gets the exclusions that hold TCP port 5173.

    .EXAMPLE
    Get-PortExclusion dev* | Remove-PortExclusion

    Removes the exclusions whose name begins with dev.

    .EXAMPLE
    Get-PortExclusion | Where-Object { -not $_.Administered }

    Gets the ranges that nobody can bind: those of WinNAT and other drivers.

    .LINK
    New-PortExclusion

    .LINK
    Remove-PortExclusion

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PortReservation.Exclusion')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [AllowNull()]
        [AllowEmptyString()]
        [SupportsWildcards()]
        [string[]] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string] $Protocol,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $Port
    )

    process {
        # An empty name must not mean all: what is found may go on to Remove-PortExclusion.
        if ($PSBoundParameters.ContainsKey('Name') -and -not ($Name -or $Protocol -or $Port)) {
            Write-SelectorMissing $PSCmdlet 'exclusion' 'Give a name that is not empty, a protocol or a port.'
            return
        }

        if (-not $Name) { $Name = '' }
        foreach ($pattern in $Name) {
            $params = @{}
            if ($Protocol) { $params.protocol = $Protocol.ToLowerInvariant() }
            if ($Port) { $params.port = $Port }
            if ($pattern) { $params.name = $pattern }
            $result = Invoke-WorkerMethod $PSCmdlet 'exclusion/list' $params $pattern
            if ($null -eq $result) { continue }
            foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
            $found = @(foreach ($wire in $result['exclusions']) { [FromWire]::Exclusion($wire) })
            if ($found.Count -eq 0) { Write-ExclusionNotFound $PSCmdlet $pattern }
            $found
        }
    }
}
