function Find-FreePortRange {
    <#
    .SYNOPSIS
    Finds blocks of free ports without reserving them.

    .DESCRIPTION
    Finds a block of consecutive ports that is free in every protocol asked for, from a random start, or with
    -First the lowest blocks. Each port is bound once in each protocol, on all addresses of both families, and
    freed again; reserved and excluded ports and those of well-known services are gone round, as
    New-PortReservation does.

    A moment later the ports may be taken: to keep them, reserve them with New-PortReservation, which also
    chooses.

    Where there are fewer blocks than -First, those are given; where there is none, the error NoFreeRange. Further
    errors, by id: InvalidRange, InvalidParams, AccessDenied, NotSupported, LedgerCorrupt, OsError.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both: then the same numbers are free in both.

    .PARAMETER NumberOfPorts
    How many consecutive ports each block has, 1 to 65535. Default 1.

    .PARAMETER Within
    Where to look, as first and last port: 20000-30000. Default: from 10000 up to the ports that the system hands
    out by itself.

    .PARAMETER First
    The lowest blocks, at most so many, 1 to 65535; they do not overlap. Without it one block, looked for from a
    random start, so that two who ask at the same time seldom get the same.

    .PARAMETER All
    Every free range in its whole length, of at least -NumberOfPorts ports. Not together with -First.

    .INPUTS
    Objects with properties of the parameters' names.

    .OUTPUTS
    PortReservation.FreeRange

    .EXAMPLE
    Find-FreePortRange -NumberOfPorts 100 -Protocol Tcp, Udp -Within 20000-30000 -First 3

    Finds three blocks of a hundred ports that are free in TCP and UDP.

    .EXAMPLE
    Find-FreePortRange -First 3 | New-PortReservation

    Reserves three single ports that were free a moment ago, or says which of them is not any more.

    .LINK
    New-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PortReservation.FreeRange')]
    param(
        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp',

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Within,

        [ValidateRange(1, 65535)]
        [int] $First,

        [switch] $All
    )

    begin { . $script:UseCallerPreference }

    process {
        $protocols = ConvertTo-ProtocolList $Protocol
        $params = @{ protocol = $protocols; numberOfPorts = $NumberOfPorts }
        if ($First) { $params.first = $First }
        if ($All) { $params.all = $true }
        if ($Within) {
            $params.within = ConvertTo-PortRange $PSCmdlet $Within
            if ($null -eq $params.within) { return }
        }

        $target = "$NumberOfPorts free $(Format-ProtocolList $protocols) ports"
        $result = Invoke-WorkerMethod $PSCmdlet 'port/find' $params $target
        if ($null -eq $result) { return }
        foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
        foreach ($wire in $result['ranges']) { [FromWire]::FreeRange($wire, $protocols) }
    }
}
