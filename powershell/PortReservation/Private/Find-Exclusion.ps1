# An array of the exclusions that fit all of the query; nothing when it failed, with the error written. The query's keys are
# Name, Protocol, Port, StartPort, NumberOfPorts, Document; what is empty or 0 is not asked for.
function Find-Exclusion {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Query)

    $params = @{}
    if ($Query['Protocol']) { $params.protocol = $Query.Protocol.ToLowerInvariant() }
    elseif ($Query['StartPort']) { $params.protocol = 'tcp' }
    if ($Query['Port']) { $params.port = $Query.Port }
    elseif ($Query['StartPort']) { $params.port = $Query.StartPort }
    if ($Query['Name']) { $params.name = $Query.Name }
    $result = Invoke-WorkerMethod $Cmdlet 'exclusion/list' $params $Query['Name']
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $Cmdlet.WriteWarning([string] $warning) }
    # The worker knows no search by exact range or document.
    $found = foreach ($wire in $result['exclusions']) {
        $one = [FromWire]::Exclusion($wire)
        $isRange = $one.StartPort -eq $Query['StartPort'] -and $one.NumberOfPorts -eq $Query['NumberOfPorts']
        if ($Query['StartPort'] -and -not $isRange) { continue }
        if (-not $Query['Document'] -or $one.Document -ceq $Query.Document) { $one }
    }

    , @($found)
}
