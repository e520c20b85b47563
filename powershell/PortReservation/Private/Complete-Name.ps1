# Completes the name of a reservation or an exclusion, or a document that asked for either, from the worker's lists. Nothing is
# offered of a list that does not come at once.
function Complete-Name {
    param([string] $CommandName, [string] $ParameterName, [string] $WordToComplete)

    $worker = Get-CompletionWorker
    if ($null -eq $worker) { return Get-SameWord $WordToComplete }
    $kinds = 'reservation', 'exclusion'
    if ($ParameterName -eq 'Name') { $kinds = if ($CommandName -like '*Exclusion') { 'exclusion' } else { 'reservation' } }
    $key = $ParameterName.ToLowerInvariant()
    $isPattern = $key -eq 'name' -and $CommandName -match '\A(?:Get|Remove|Test)-'
    $names = [System.Collections.Generic.SortedSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($kind in $kinds) {
        foreach ($wire in Get-CompletionList $worker $kind) {
            if ($null -eq $wire[$key]) { continue }
            $name = [string] $wire[$key]
            # Where wildcards are permitted, a name's own signs are escaped.
            if ($isPattern) { $name = $name -replace '[*?\[\]`]', '`$0' }
            $null = $names.Add($name)
        }
    }

    $word = $WordToComplete.Trim("'", '"')
    $isOffered = $false
    foreach ($name in $names) {
        if (-not $name.StartsWith($word, [System.StringComparison]::OrdinalIgnoreCase)) { continue }
        $text = $name
        if ($name -notmatch '\A[A-Za-z0-9_.:/+][A-Za-z0-9_.:/+-]*\z') {
            $text = "'$([System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name))'"
        }

        $isOffered = $true
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $name)
    }

    if (-not $isOffered) { Get-SameWord $WordToComplete }
}
