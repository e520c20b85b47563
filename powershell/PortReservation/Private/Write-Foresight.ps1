# With -WhatIf, whose own line has been written: warns of what the change would fail with, or would say. Nothing where the user said no.
function Write-Foresight {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Method, [hashtable] $Params, [object] $Target)

    if (-not $WhatIfPreference) { return }
    $result = Invoke-WorkerMethod $Cmdlet $Method ($Params + @{ whatIf = $true }) $Target -AsWarning
    if ($null -ne $result) { foreach ($warning in $result['warnings']) { $Cmdlet.WriteWarning([string] $warning) } }
}

# Adds the label that a cmdlet was given: name, reason, document.
function Add-Label {
    param([hashtable] $Params, [System.Collections.IDictionary] $Given)

    foreach ($field in $script:LabelField) { if ($Given[$field]) { $Params[$field] = [string] $Given[$field] } }
}
