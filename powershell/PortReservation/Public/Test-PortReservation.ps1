function Test-PortReservation {
    <#
    .SYNOPSIS
    Says whether a port reservation exists, or whether it can be used.

    .DESCRIPTION
    Returns $true or $false for each input: whether there is a reservation that fits all that is given. With
    -StartPort it is the reservation of exactly that range; with -Port, any that holds the port.

    With -Probe a socket is also bound inside each one found, as its user would, and closed: $false says that
    every port of one is taken, or the one that -Port names.

    It says nothing about ports in use without a reservation. Errors, by id: SelectorMissing (nothing is given),
    InvalidParams, AccessDenied, LedgerCorrupt, OsError, and with -Probe NotOwner and NotSupported; an input that
    fails gives no value.

    .PARAMETER Name
    The name to look for. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp, Udp, or both. Default: both; of a range, Tcp.

    .PARAMETER Lifetime
    Only Runtime or only Persistent reservations.

    .PARAMETER Port
    A port that the reservation holds, 1 to 65535.

    .PARAMETER StartPort
    The first port of exactly this range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range of -StartPort has, 1 to 65535. Default 1.

    .PARAMETER Token
    The token of the reservation.

    .PARAMETER Probe
    Also proves that what is found can be used: whether a socket can be bound inside.

    .INPUTS
    Objects with properties of the parameters' names. Of a reservation the token is not looked at, since it may
    change at a reboot.

    .OUTPUTS
    System.Boolean

    .EXAMPLE
    Test-PortReservation -StartPort 5000 -NumberOfPorts 10

    Says whether exactly the TCP ports 5000 to 5009 are reserved.

    .EXAMPLE
    Test-PortReservation -Port 27015 -Protocol Udp

    Says whether the UDP port 27015 is part of a reservation.

    .EXAMPLE
    if (-not (Test-PortReservation web)) { New-PortReservation -Name web }

    Reserves a port under the name web unless there is one.

    .EXAMPLE
    $web | Test-PortReservation -Probe

    Says whether a socket can still be bound inside the reservation in $web.

    .LINK
    Get-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([bool])]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [SupportsWildcards()]
        [string] $Name,

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

        [uint64] $Token,

        [switch] $Probe
    )

    begin { . $script:UseCallerPreference }

    process {
        if (-not ($Name -or $Protocol -or $Lifetime -or $Port -or $StartPort -or $Token)) {
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
            Token         = $Token
        }
        $found = Find-Reservation $PSCmdlet $query
        if ($null -eq $found) { return }
        # What the system has lost is recorded alone.
        $found = @($found | & { process { if ($_.State -ne 'Lost') { $_ } } })
        # A range must be there in each of the protocols.
        $least = if ($StartPort -and $Protocol) { $Protocol.Count } else { 1 }
        if ($Probe -and $found.Count -ge $least) { Test-Usability $PSCmdlet $found $Port }
        else { $found.Count -ge $least }
    }
}
