# An array of the reservations that fit all of the query; nothing when it failed, with the error written. The query's keys
# are Name, Protocol, Lifetime, Port, StartPort, NumberOfPorts, Document, Token; what is empty or 0 is not asked for. Its key
# Missing is set to the names that nothing has.
function Find-Reservation {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Query)

    $params = ConvertTo-ListParam $Query
    if ($Query['Lifetime']) { $params.lifetime = $Query.Lifetime.ToLowerInvariant() }
    if ($Query['Token']) { $params.token = "$($Query.Token)" }
    $result = Invoke-WorkerMethod $Cmdlet 'reservation/list' $params (Format-Query $Query)
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $Cmdlet.WriteWarning([string] $warning) }
    $Query.Missing = [string[]] @(foreach ($name in $result['missing']) { $name })
    , @(foreach ($wire in $result['reservations']) { [FromWire]::Reservation($wire) })
}

# What both lists take of a query. A range means TCP unless a protocol is given.
function ConvertTo-ListParam {
    param([hashtable] $Query)

    $params = @{}
    if ($Query['Protocol']) { $params.protocol = ConvertTo-ProtocolList $Query.Protocol }
    elseif ($Query['StartPort']) { $params.protocol = 'tcp' }
    $names = [string[]] @(foreach ($name in $Query['Name']) { if ($name) { $name } })
    if ($names.Count -gt 0) { $params.name = $names }
    if ($Query['Port']) { $params.port = $Query.Port }
    if ($Query['StartPort']) { $params.range = @{ startPort = $Query.StartPort; numberOfPorts = $Query.NumberOfPorts } }
    if ($Query['Document']) { $params.document = $Query.Document }
    $params
}

# What a query names exactly, as people write it; nothing where it only narrows, by names, port, protocol or lifetime.
function Format-Query {
    param([hashtable] $Query)

    if ($Query['StartPort']) {
        $protocols = if ($Query['Protocol']) { Format-ProtocolList $Query.Protocol } else { 'Tcp' }
        return Format-PortRange $protocols $Query.StartPort $Query.NumberOfPorts
    }

    if ($Query['Token']) { return "token $($Query.Token)" }
}
