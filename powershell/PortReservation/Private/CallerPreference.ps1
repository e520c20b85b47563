# Preferences of the script or function that calls, which PowerShell does not hand to a module: $WhatIfPreference above all, which
# -WhatIf of a function sets. Each cmdlet begins with it, dot-sourced; what it was given as a parameter is stronger.
$script:UseCallerPreference = {
    $given = $PSCmdlet.MyInvocation.BoundParameters
    $theirs = $PSCmdlet.SessionState.PSVariable
    if (-not $given.ContainsKey('ErrorAction')) { $ErrorActionPreference = $theirs.GetValue('ErrorActionPreference', 'Continue') }
    if (-not $given.ContainsKey('WhatIf')) { $WhatIfPreference = $theirs.GetValue('WhatIfPreference', $false) }
    if (-not $given.ContainsKey('Confirm')) { $ConfirmPreference = $theirs.GetValue('ConfirmPreference', 'High') }
    if (-not $given.ContainsKey('WarningAction')) { $WarningPreference = $theirs.GetValue('WarningPreference', 'Continue') }
    if (-not $given.ContainsKey('Verbose')) { $VerbosePreference = $theirs.GetValue('VerbosePreference', 'SilentlyContinue') }
    if (-not $given.ContainsKey('Debug')) { $DebugPreference = $theirs.GetValue('DebugPreference', 'SilentlyContinue') }
    if (-not $given.ContainsKey('ProgressAction')) { $ProgressPreference = $theirs.GetValue('ProgressPreference', 'Continue') }
}
