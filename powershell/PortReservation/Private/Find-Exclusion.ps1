# An array of the exclusions that fit all of the query; nothing when it failed, with the error written. The query's keys are
# Name, Protocol, Port, StartPort, NumberOfPorts, Document, Own; what is empty or 0 is not asked for. Its key Missing is set to the
# names that nothing has.
function Find-Exclusion {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [hashtable] $Query)

    $params = ConvertTo-ListParam $Query
    if ($Query['Own']) { $params.own = $true }
    $result = Invoke-WorkerMethod $Cmdlet 'exclusion/list' $params (Format-Query $Query)
    if ($null -eq $result) { return }
    foreach ($warning in $result['warnings']) { $Cmdlet.WriteWarning([string] $warning) }
    $Query.Missing = [string[]] @(foreach ($name in $result['missing']) { $name })
    , @(foreach ($wire in $result['exclusions']) { [FromWire]::Exclusion($wire) })
}
