function New-PortReservation {
    <#
    .SYNOPSIS
    Reserves TCP or UDP ports, so that nobody else takes them.

    .DESCRIPTION
    Reserves a block of consecutive ports: the one that begins at -StartPort, or the first free one that is found.

    A runtime reservation (the default) needs no privilege. It ends with Remove-PortReservation, with
    Stop-PortReservationWorker, or with this PowerShell session. A persistent one (-Persistent) belongs to the
    machine, survives a reboot and needs root or an elevated session.

    The property Enforcement of the result says who is stopped from taking the ports; about_PortReservation
    explains it.

    Errors, by id: PortInUse, RangeReserved and RangeExcluded (the ports are not free), NoFreeRange, AccessDenied,
    NotSupported, InvalidParams and InvalidRange (values that do not fit together), LedgerBusy, LedgerCorrupt,
    OsError. Each input that fails gives one error, and the next one is processed.

    .PARAMETER Protocol
    Tcp (the default), Udp, or both: then the same numbers are reserved in both, or none. The two are separate: a
    reservation in one says nothing about the other, and of both you get two.

    .PARAMETER StartPort
    The first port, 1 to 65535. Without it a free block is found.

    .PARAMETER NumberOfPorts
    How many consecutive ports, 1 to 65535. Default 1. The last port may not lie above 65535.

    .PARAMETER Within
    Where to look for a free block, as first and last port: 20000-30000. Default: from 10000 up to the ports that
    the system hands out by itself. Not together with -StartPort.

    .PARAMETER Persistent
    Makes the reservation persistent. The same as -Lifetime Persistent, and stronger than a lifetime from the
    pipeline.

    .PARAMETER Lifetime
    Runtime (the default) or Persistent. Its use is in the pipeline, where each object brings its own.

    .PARAMETER Hold
    What holds the ports of a runtime reservation. Strict (the default): what the system has, so that nobody gets
    in but by Connect-PortReservation. Yield: on Linux, TCP, a bound socket that lets in servers which set
    SO_REUSEADDR before bind, as nearly all do: for the programs that you start; what cannot yield is not held.
    None: nothing holds them, and only those stay away who ask PortReservation.

    .PARAMETER Enforcement
    Who is to be stopped. Kernel: every bind without the token, but for those let in; on Linux it takes root, and
    Windows always does so. EphemeralOnly: automatic choice alone. Default: what the system gives. What it cannot
    give fails.

    .PARAMETER AllowUser
    With -Enforcement Kernel on Linux: the processes of this user, by name or number, need no token.

    .PARAMETER AllowService
    With -Enforcement Kernel on Linux: this service or socket of systemd, such as nginx.service, needs no token.

    .PARAMETER AllowPrivileged
    With -Enforcement Kernel on Linux: those let in need no right to bind ports below 1024.

    .PARAMETER AllowInUse
    Makes a persistent reservation of a -StartPort also where somebody has the ports already, as the service does
    that it is for; who has them keeps them, and the record says so. Not on Windows, whose system refuses it.

    .PARAMETER Name
    A name to find the reservation by, 1 to 100 characters, none of them a control character.

    .PARAMETER Reason
    Why the ports are reserved, for the next reader; 1 to 500 characters.

    .PARAMETER Document
    The name of the desired-state document that asks for it, 1 to 100 characters, as Import-PortReservation gives
    it.

    .PARAMETER IfExists
    What to do when exactly this reservation is already there and is yours: Fail (the default) with RangeReserved,
    Return it unchanged, or Update its name, reason and document to those given here. What another document asked
    for is never updated.

    .INPUTS
    Numbers, each the first port of a block; or objects with properties of the parameters' names: reservations, or rows of Import-Csv. An empty Name, Reason,
    Document or Within counts as not given.

    .OUTPUTS
    PortReservation.Reservation

    .EXAMPLE
    New-PortReservation -NumberOfPorts 10 -Name web

    Reserves ten consecutive free TCP ports for this session.

    .EXAMPLE
    5000..5002 | New-PortReservation

    Reserves three ports, each by itself. New-PortReservation 5000 -NumberOfPorts 3 reserves them as one block.

    .EXAMPLE
    $udp = New-PortReservation -Protocol Udp -StartPort 27015 -NumberOfPorts 4 -Reason 'game servers'

    Reserves the UDP ports 27015 to 27018, or fails with the reason.

    .EXAMPLE
    $tcp, $udp = New-PortReservation -Protocol Tcp, Udp -NumberOfPorts 2 -Name dns

    Reserves two ports under the same numbers in TCP and UDP.

    .EXAMPLE
    New-PortReservation -NumberOfPorts 100 -Within 20000-30000 -Persistent -Name build -IfExists Return

    Reserves a hundred ports of the machine for good. Needs root or an elevated session.

    .EXAMPLE
    New-PortReservation 443 -Persistent -Enforcement Kernel -AllowService nginx.service -Name web

    Has Linux refuse port 443 to everybody but nginx, over reboots. Needs root.

    .EXAMPLE
    Import-Csv ports.csv | New-PortReservation

    Reserves a block for each row of a file with columns such as Name, Protocol, StartPort, NumberOfPorts.

    .EXAMPLE
    Get-PortStatus 5000-5009 | Where-Object CanBind | New-PortReservation

    Reserves those of ten ports that are left, each by itself.

    .LINK
    Remove-PortReservation

    .LINK
    about_PortReservation
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('PortReservation.Reservation')]
    param(
        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Tcp', 'Udp')]
        [string[]] $Protocol = 'Tcp',

        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Port')]
        [ValidateRange(1, 65535)]
        [int] $StartPort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('Count')]
        [ValidateRange(1, 65535)]
        [int] $NumberOfPorts = 1,

        [Parameter(ValueFromPipelineByPropertyName)]
        [string] $Within,

        [switch] $Persistent,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Runtime', 'Persistent')]
        [string] $Lifetime,

        [ValidateSet('Strict', 'Yield', 'None')]
        [string] $Hold,

        [ValidateSet('Kernel', 'EphemeralOnly')]
        [string] $Enforcement,

        [ValidateLength(0, 256)]
        [string] $AllowUser,

        [ValidateLength(0, 255)]
        [string] $AllowService,

        [switch] $AllowPrivileged,

        [switch] $AllowInUse,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 100)]
        [string] $Name,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 500)]
        [string] $Reason,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateLength(0, 100)]
        [string] $Document,

        [ValidateSet('Fail', 'Return', 'Update')]
        [string] $IfExists = 'Fail'
    )

    begin { . $script:UseCallerPreference }

    process {
        $protocols = ConvertTo-ProtocolList $Protocol
        $params = @{ protocol = $protocols; numberOfPorts = $NumberOfPorts }
        if ($StartPort) { $params.startPort = $StartPort }
        if ($Within) {
            $params.within = ConvertTo-PortRange $PSCmdlet $Within
            if ($null -eq $params.within) { return }
        }

        if ($Persistent) { $params.lifetime = 'persistent' }
        elseif ($Lifetime) { $params.lifetime = $Lifetime.ToLowerInvariant() }
        if ($Enforcement) { $params.enforcement = $Enforcement.Substring(0, 1).ToLowerInvariant() + $Enforcement.Substring(1) }
        $allow = @{}
        if ($AllowUser) { $allow.user = $AllowUser }
        if ($AllowService) { $allow.service = $AllowService }
        if ($AllowPrivileged) { $allow.privileged = $true }
        if ($allow.Count -gt 0) { $params.allow = $allow }
        if ($AllowInUse) { $params.inUse = 'allow' }
        if ($Hold) { $params.hold = $Hold.ToLowerInvariant() }
        Add-Label $params $PSBoundParameters
        if ($IfExists -ne 'Fail') { $params.ifExists = $IfExists.ToLowerInvariant() }

        $words = Format-ProtocolList $protocols
        $target = "$NumberOfPorts free $words ports"
        if ($StartPort) { $target = Format-PortRange $words $StartPort $NumberOfPorts }
        if (-not $PSCmdlet.ShouldProcess($target, 'Reserve ports')) {
            Write-Foresight $PSCmdlet 'reservation/create' $params $target
            return
        }

        $result = Invoke-WorkerMethod $PSCmdlet 'reservation/create' $params $target
        if ($null -eq $result) { return }
        foreach ($warning in $result['warnings']) { $PSCmdlet.WriteWarning([string] $warning) }
        foreach ($wire in $result['reservations']) { [FromWire]::Reservation($wire) }
    }
}
