function New-PortExclusion {
    <#
    .SYNOPSIS
    Keeps ports out of the system's automatic choice, while programs that open a socket may bind them by number.

    .DESCRIPTION
    Excludes a range of ports: port 0, connections, and on Windows drivers such as WinNAT never get one of them,
    and a server that opens a socket on its port still does. It is the right way to keep a port for a dev server;
    a reservation (New-PortReservation) keeps other servers away as well. It needs root or an elevated session.

    Windows refuses excluded ports to HTTP.sys (IIS, HttpListener, WCF), to published ports of Windows containers
    and to QUIC. A warning says so where a url is reserved on one of the ports (netsh http show urlacl). What opens
    no port, because Windows keeps the range for WSL without showing it, is refused.

    What is excluded already is no error: an exclusion of yours of exactly this range, or somebody else's that
    holds all of it and lasts as long. -PassThru returns it.

    On Linux the system has one list for TCP and UDP, net.ipv4.ip_local_reserved_ports, so an exclusion in one
    protocol keeps the ports out of automatic choice in both; a persistent one is in a file of /etc/sysctl.d as
    well.

    Errors, by id: RangeExcluded and RangeReserved (another exclusion, or a reservation, has a part of the range),
    PortInUse, AccessDenied, NotSupported, InvalidParams, LedgerBusy, LedgerCorrupt, OsError. Each protocol or
    input that fails gives one error, and the next one is processed.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both: each by itself.

    .PARAMETER StartPort
    The first port, 1 to 65535.

    .PARAMETER NumberOfPorts
    How many consecutive ports, 1 to 65535. Default 1. The last port may not lie above 65535.

    .PARAMETER Store
    Persistent (the default), or Active: until the next restart of the system.

    .PARAMETER Name
    A name to find the exclusion by, 1 to 100 characters, none of them a control character.

    .PARAMETER Reason
    Why the ports are excluded, for the next reader; 1 to 500 characters.

    .PARAMETER Document
    The name of the desired-state document that asks for it, 1 to 100 characters, as Import-PortReservation gives
    it.

    .PARAMETER IfExists
    What to do when exactly this exclusion is already there and is own: Return it unchanged (the default), or
    Update its name, reason and document to those given here. What another document asked for is never updated.

    .PARAMETER RestartNat
    Windows: stops WinNAT (the service winnat), which takes ranges at random at each start, excludes the ports,
    and starts it again whatever happens; only where WinNAT can have the ports, and no socket and no reserved url
    has one of them. WSL, containers and virtual machines lose their connections meanwhile, and may have no network
    until they are restarted, too (wsl --shutdown; Docker Desktop). See it with -WhatIf first.

    .PARAMETER PassThru
    Returns the exclusions. By default nothing is returned.

    .INPUTS
    Numbers, each the first port of a block; or objects with properties of the parameters' names: exclusions, or rows of Import-Csv. An empty Name or Reason
    counts as not given.

    .OUTPUTS
    None, or PortReservation.Exclusion with -PassThru.

    .EXAMPLE
    New-PortExclusion -StartPort 5173 -Name vite -Reason 'the dev server'

    Keeps TCP port 5173 for the program that opens a socket there, from now on.

    .EXAMPLE
    New-PortExclusion -Protocol Tcp, Udp -StartPort 27015 -NumberOfPorts 10 -Store Active -PassThru

    Excludes ten ports in both protocols until the next restart, and returns the two exclusions.

    .EXAMPLE
    New-PortExclusion -StartPort 5173 -RestartNat -WhatIf

    Says what would be done to take port 5173 from WinNAT.

    .LINK
    Get-PortExclusion

    .LINK
    Remove-PortExclusion

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Exclusion')]
    param(
        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp',

        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Port')]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Active', 'Persistent')]
        [string] $Store = 'Persistent',

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 100)]
        [string] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 500)]
        [string] $Reason,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 100)]
        [string] $Document,

        [ValidateSet('Return', 'Update')]
        [string] $IfExists = 'Return',

        [switch] $RestartNat,

        [switch] $PassThru
    )

    begin { . $script:UseCallerPreference }

    process {
        $words = ConvertTo-ProtocolList $Protocol
        foreach ($word in $words) {
            $params = ConvertTo-RangeParam $word $StartPort $NumberOfPorts
            $params.store = $Store.ToLowerInvariant()
            Add-Label $params $PSBoundParameters
            if ($IfExists -ne 'Return') { $params.ifExists = $IfExists.ToLowerInvariant() }
            if ($RestartNat) { $params.restartNat = $true }

            $target = Format-PortRange ([FromWire]::Title($word)) $StartPort $NumberOfPorts
            $isWanted = if ($RestartNat) {
                $steps = "Stop WinNAT (the service winnat), exclude $target, start WinNAT again. " +
                    'WSL, containers and virtual machines lose their connections, and may have no network until they are ' +
                    'restarted, too (wsl --shutdown; Docker Desktop). Where WinNAT cannot have the ports nothing is stopped.'
                $PSCmdlet.ShouldProcess($steps, $steps, 'WinNAT')
            }
            else { $PSCmdlet.ShouldProcess($target, 'Exclude ports') }
            if (-not $isWanted) {
                Write-Foresight $PSCmdlet 'exclusion/add' $params $target
                continue
            }

            $result = Invoke-WorkerMethod $PSCmdlet 'exclusion/add' $params $target
            if ($null -eq $result) { continue }
            foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
            if (-not $PassThru) { continue }
            foreach ($wire in $result['exclusions']) { [FromWire]::Exclusion($wire) }
        }
    }
}
