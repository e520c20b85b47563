function Get-PortExclusion {
    <#
    .SYNOPSIS
    Gets the ranges of ports that are kept out of the system's automatic choice.

    .DESCRIPTION
    Gets the exclusions of this machine, yours and those of others, by protocol and start port. What is given must
    fit altogether; without parameters all are returned.

    The property Own says whether PortReservation made it; these alone have Name, Reason, Owner and CreatedAt.
    Administered says whether programs that open a socket may bind there by number (HTTP.sys, container ports and
    QUIC are refused on Windows): $false are the ranges of Windows' drivers, most often WinNAT for Hyper-V, WSL or
    Docker, and reservations. Store says whether it lasts: Active until the next restart, Persistent from then on
    too.

    Source: netsh interface ipv4 show excludedportrange on Windows, and guests for what Windows keeps for virtual
    machines without showing it there, as for WSL with mirrored networking (read elevated);
    net.ipv4.ip_local_reserved_ports and the files that set it on Linux, which knows no protocols, so what others
    exclude there is listed for both.

    A name without wildcards or a range that does not exist gives the error NotFound; a name with wildcards or a
    -Port that no exclusion holds gives nothing. Further errors, by id: InvalidParams, AccessDenied, NotSupported,
    LedgerCorrupt, OsError, and SelectorMissing where nothing but an empty name or document is given.

    .PARAMETER Name
    The names to look for. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp, Udp, or both. Default: both; of a range, Tcp.

    .PARAMETER Port
    Only the exclusions that hold this port, 1 to 65535.

    .PARAMETER StartPort
    The first port of exactly this range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range of -StartPort has, 1 to 65535. Default 1.

    .PARAMETER Document
    Only the exclusions that the desired-state document of this name asked for.

    .PARAMETER Own
    Only the exclusions that PortReservation made.

    .INPUTS
    Objects with properties of the parameters' names. Of an exclusion, its present state is returned.

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
        [string[]] $Protocol,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $Port,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Document,

        [switch] $Own
    )

    begin { . $script:UseCallerPreference }

    process {
        # Empty values must not mean all: what is found may go on to Remove-PortExclusion.
        $isGiven = $Name -or $Protocol -or $Port -or $StartPort -or $Document -or $Own
        if (-not $isGiven -and ($PSBoundParameters.ContainsKey('Name') -or $PSBoundParameters.ContainsKey('Document'))) {
            Write-SelectorMissing $PSCmdlet 'exclusion' 'Give a name that is not empty, a protocol or a port.'
            return
        }

        $query = @{
            Name          = $Name
            Protocol      = $Protocol
            Port          = $Port
            StartPort     = $StartPort
            NumberOfPorts = $NumberOfPorts
            Document      = $Document
            Own           = $Own
        }
        $found = Find-Exclusion $PSCmdlet $query
        if ($null -eq $found) { return }
        Write-NotFound $PSCmdlet $query $found 'exclusion'
        $found
    }
}
