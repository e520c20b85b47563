# What a cmdlet says of the changes that the worker made, or would make: an object for each, or the words of -WhatIf, and an
# error for each that failed.
function Write-Change {
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSShouldProcess', '', Justification = 'The cmdlet whose ShouldProcess it calls has the attribute.')]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Result, [bool] $IsWhatIf, [bool] $PassThru)

    foreach ($warning in $Result['warnings']) { $Cmdlet.WriteWarning([string] $warning) }
    if ($null -ne $Result['moved']) {
        $line = $Result['moved']
        if ($IsWhatIf) { $null = $Cmdlet.ShouldProcess($line['from'], "Move its line to $($line['to'])") }
        else { $Cmdlet.WriteVerbose("Moved the line of $($line['from']) to $($line['to']).") }
    }

    foreach ($wire in $Result['changes']) {
        $change = [FromWire]::Change($wire)
        $target = Format-PortRange $change.Protocol $change.StartPort $change.NumberOfPorts
        if ($change.Name) { $target = "$target '$($change.Name)'" }
        if ($null -ne $wire['error']) {
            $failure = @{ message = [string] $wire['error']['message']; data = $wire['error'] }
            $Cmdlet.WriteError((ConvertTo-ErrorRecord $failure $target))
        }

        if ($PassThru -or -not $IsWhatIf) { $change }
        if ($IsWhatIf -and $change.Action -ne 'None') {
            $null = $Cmdlet.ShouldProcess($target, "$($change.Action) $($change.Kind.ToLowerInvariant())")
        }
    }
}
