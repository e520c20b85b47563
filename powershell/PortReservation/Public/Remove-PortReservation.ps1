function Remove-PortReservation {
    <#
    .SYNOPSIS
    Removes port reservations, so that the ports are free again.

    .DESCRIPTION
    Removes the reservation of this token, of exactly this range (if both are given, both must fit), or those of a
    name. Removing a persistent one needs root or an elevated session.

    Errors, by id: NotFound, NotOwner (a runtime reservation that another process holds), AccessDenied,
    NotSupported, SelectorMissing (nothing says which), InvalidParams, LedgerBusy, LedgerCorrupt, OsError. Each
    input that fails gives one error, and the next one is processed.

    .PARAMETER Name
    The names of the reservations. Wildcards are permitted; upper and lower case are the same.

    .PARAMETER Protocol
    Tcp, Udp, or both. Default: both for a name; of a range, Tcp.

    .PARAMETER StartPort
    The first port of exactly this range, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many ports the range of -StartPort has, 1 to 65535. Default 1.

    .PARAMETER Token
    The token of the reservation.

    .PARAMETER Document
    Only what the desired-state document of this name asked for.

    .PARAMETER PassThru
    Returns the removed reservations. By default nothing is returned.

    .INPUTS
    Numbers, each the range of this one port; or objects with properties of the parameters' names. Of a reservation, token and range must still fit.

    .OUTPUTS
    None, or PortReservation.Reservation with -PassThru.

    .EXAMPLE
    $web | Remove-PortReservation

    Removes the reservation that is in $web.

    .EXAMPLE
    Remove-PortReservation -StartPort 5000 -NumberOfPorts 10

    Removes the reservation of exactly the TCP ports 5000 to 5009.

    .EXAMPLE
    Remove-PortReservation -StartPort 27015 -Protocol Tcp, Udp

    Removes the reservations of port 27015 in both protocols.

    .EXAMPLE
    Remove-PortReservation test-* -WhatIf

    Shows which reservations would be removed.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(
        DefaultParameterSetName = 'Range', SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Reservation')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Name', Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol,

        [Parameter(ParameterSetName = 'Range', ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ParameterSetName = 'Range', ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ParameterSetName = 'Range', ValueFromPipelineByPropertyName)]
        [uint64] $Token,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Document,

        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        $selector = @{
            Name = $Name; Protocol = $Protocol; StartPort = $StartPort; NumberOfPorts = $NumberOfPorts; Token = $Token
            Document = $Document
        }
        foreach ($selected in Select-Removal $PSCmdlet @selector) {
            if (-not $PSCmdlet.ShouldProcess($selected.Target, 'Remove port reservation')) {
                Write-Foresight $PSCmdlet 'reservation/release' $selected.Params $selected.Target
                continue
            }

            $result = Invoke-WorkerMethod $PSCmdlet 'reservation/release' $selected.Params $selected.Target
            if (-not $PassThru -or $null -eq $result) { continue }
            foreach ($wire in $result['reservations']) { [FromWire]::Reservation($wire) }
        }
    }
}
