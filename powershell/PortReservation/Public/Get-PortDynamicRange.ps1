function Get-PortDynamicRange {
    <#
    .SYNOPSIS
    Gets the ports that the system hands out by itself.

    .DESCRIPTION
    Gets, for each protocol, the range the system takes a port from when a program does not name one: the local
    port of each connection, and of sockets bound to port 0. A server whose port lies in this range may find it
    taken, and a free block of New-PortReservation is looked for outside it.

    Where the range begins below 10000, the usual cause of servers that fail to start now and then, a warning says
    so, with the command that changes it.

    Errors, by id: OsError (the system does not say, or not in a form that is known), NotSupported (this provider
    cannot read it on this system).

    .PARAMETER Protocol
    Tcp or Udp. Default: both.

    .INPUTS
    Objects with a property Protocol.

    .OUTPUTS
    PortReservation.DynamicRange

    .EXAMPLE
    Get-PortDynamicRange

    Gets the ranges of TCP and UDP.

    .EXAMPLE
    (Get-PortDynamicRange Udp).StartPort

    The first UDP port that the system hands out by itself.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PortReservation.DynamicRange')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol
    )

    begin { . $script:UseCallerPreference }

    process {
        $params = @{}
        if ($Protocol) { $params.protocol = ConvertTo-ProtocolList $Protocol }
        $result = Invoke-WorkerMethod $PSCmdlet 'system/dynamicRange' $params ($Protocol -join ', ')
        if ($null -eq $result) { return }
        foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
        foreach ($wire in $result['dynamicRanges']) { [FromWire]::DynamicRange($wire) }
    }
}
