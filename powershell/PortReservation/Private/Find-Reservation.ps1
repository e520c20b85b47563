# An array of the reservations that fit all of the query; nothing when it failed, with the error written. The query's keys
# are Name, Protocol, Lifetime, Port, StartPort, NumberOfPorts, Document, Token; what is empty or 0 is not asked for.
function Find-Reservation {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Query)

    if ($Query['StartPort']) { return , (Find-ReservationByRange $Cmdlet $Query) }
    $params = @{}
    if ($Query['Protocol']) { $params.protocol = $Query.Protocol.ToLowerInvariant() }
    if ($Query['Name']) { $params.name = $Query.Name }
    if ($Query['Lifetime']) { $params.lifetime = $Query.Lifetime.ToLowerInvariant() }
    if ($Query['Port']) { $params.port = $Query.Port }
    if ($Query['Document']) { $params.document = $Query.Document }
    $result = Invoke-WorkerMethod $Cmdlet 'reservation/list' $params $Query['Name']
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $Cmdlet.WriteWarning([string] $warning) }
    $found = foreach ($wire in $result['reservations']) { [FromWire]::Reservation($wire) }
    # The worker knows no search by token.
    if ($Query['Token']) { $found = foreach ($one in $found) { if ($one.Token -eq $Query.Token) { $one } } }
    , @($found)
}

# The same for a query with a range. A lookup knows nothing but the range, so the rest is compared here.
function Find-ReservationByRange {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Query)

    $protocol = if ($Query['Protocol']) { $Query.Protocol } else { 'Tcp' }
    $params = ConvertTo-RangeParam $protocol $Query.StartPort $Query.NumberOfPorts
    $result = Invoke-WorkerMethod $Cmdlet 'reservation/lookup' $params (Format-Query $Query) -Allow NotFound
    if ($null -eq $result) { return }
    if ($result -is [array]) { return , $result }
    $found = [FromWire]::Reservation($result)
    $fits = (-not $Query['Name'] -or $found.Name -like $Query.Name) -and
        (-not $Query['Lifetime'] -or $found.Lifetime -eq $Query.Lifetime) -and
        (-not $Query['Port'] -or ($found.StartPort -le $Query.Port -and $Query.Port -le $found.EndPort)) -and
        (-not $Query['Document'] -or $found.Document -ceq $Query.Document) -and
        (-not $Query['Token'] -or $found.Token -eq $Query.Token)
    , @(if ($fits) { $found })
}

# What a query names exactly, as people write it; nothing where it only narrows, by wildcards, port, protocol or lifetime.
function Format-Query {
    param([hashtable] $Query)

    if ($Query['StartPort']) {
        $protocol = if ($Query['Protocol']) { $Query.Protocol } else { 'Tcp' }
        return Format-PortRange $protocol $Query.StartPort $Query.NumberOfPorts
    }

    if ($Query['Token']) { return "token $($Query.Token)" }
    if ($Query['Name'] -and -not [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($Query.Name)) {
        return "'$($Query.Name)'"
    }
}
