function Get-PortReservation {
    <#
    .SYNOPSIS
    Gets port reservations.

    .DESCRIPTION
    Gets this session's reservations and those of others that you may see, by protocol and start port. What is
    given must fit altogether; without parameters all are returned.

    A name without wildcards, a range or a token that does not exist gives the error NotFound; a name with
    wildcards or a -Port that no reservation holds gives nothing. Further errors, by id: InvalidParams,
    AccessDenied, LedgerCorrupt, OsError, and SelectorMissing where nothing but an empty name or document is
    given.

    .PARAMETER Name
    The names to look for. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp, Udp, or both. Default: both; of a range, Tcp.

    .PARAMETER Lifetime
    Only Runtime or only Persistent reservations.

    .PARAMETER Port
    Only the reservations that hold this port, 1 to 65535.

    .PARAMETER StartPort
    The first port of exactly this range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range of -StartPort has, 1 to 65535. Default 1.

    .PARAMETER Document
    Only the reservations that the desired-state document of this name asked for.

    .PARAMETER Token
    The token of the reservation.

    .INPUTS
    Objects with properties of the parameters' names. Of a reservation, its present state is returned: the token
    is looked up again, since it may change at a reboot.

    .OUTPUTS
    PortReservation.Reservation

    .EXAMPLE
    Get-PortReservation

    Gets all reservations.

    .EXAMPLE
    Get-PortReservation web* -Protocol Tcp

    Gets the TCP reservations whose name begins with web.

    .EXAMPLE
    Get-PortReservation -Port 5003

    Gets the reservations that hold port 5003.

    .EXAMPLE
    Get-PortReservation -StartPort 5000 -NumberOfPorts 10 | Format-List

    Gets the reservation of exactly the TCP ports 5000 to 5009, and shows all of it.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PortReservation.Reservation')]
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
        [ValidateSet('Runtime', 'Persistent')]
        [string] $Lifetime,

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

        [uint64] $Token
    )

    begin { . $script:UseCallerPreference }

    process {
        $isGiven = $Name -or $Protocol -or $Lifetime -or $Port -or $StartPort -or $Document -or $Token
        if (-not $isGiven -and ($PSBoundParameters.ContainsKey('Name') -or $PSBoundParameters.ContainsKey('Document'))) {
            Write-SelectorMissing $PSCmdlet
            return
        }

        $query = @{
            Name          = $Name
            Protocol      = $Protocol
            Lifetime      = $Lifetime
            Port          = $Port
            StartPort     = $StartPort
            NumberOfPorts = $NumberOfPorts
            Document      = $Document
            Token         = $Token
        }
        $found = Find-Reservation $PSCmdlet $query
        if ($null -eq $found) { return }
        Write-NotFound $PSCmdlet $query $found
        $found
    }
}
