# Preferences of the script or function that calls, which PowerShell does not hand to a module: $WhatIfPreference above all, which
# -WhatIf of a function sets. Each cmdlet begins with it, dot-sourced; what it was given as a parameter is stronger.
$script:UseCallerPreference = {
    foreach ($preference in [CallerPreference]::Differing($PSCmdlet, $ExecutionContext.SessionState.PSVariable)) {
        $ExecutionContext.SessionState.PSVariable.Set($preference.Name, $preference.Value)
    }
}

class CallerPreference {
    # Each variable, and the parameter that sets it.
    hidden static [string[]] $Names = @(
        'ErrorActionPreference', 'ErrorAction', 'WhatIfPreference', 'WhatIf', 'ConfirmPreference', 'Confirm'
        'WarningPreference', 'WarningAction', 'VerbosePreference', 'Verbose', 'DebugPreference', 'Debug'
        'ProgressPreference', 'ProgressAction'
    )

    static [object[]] Differing([System.Management.Automation.PSCmdlet] $cmdlet, [System.Management.Automation.PSVariableIntrinsics] $own) {
        $given = $cmdlet.MyInvocation.BoundParameters
        $theirs = $cmdlet.SessionState.PSVariable
        $found = for ($index = 0; $index -lt [CallerPreference]::Names.Count; $index += 2) {
            $name = [CallerPreference]::Names[$index]
            if ($given.ContainsKey([CallerPreference]::Names[$index + 1])) { continue }
            $value = $theirs.GetValue($name)
            if ($null -ne $value -and $value -ne $own.GetValue($name)) { @{ Name = $name; Value = $value } }
        }

        return $found
    }
}
