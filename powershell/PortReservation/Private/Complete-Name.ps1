# Completes the name of a reservation or an exclusion, or the document that asked for it, from the worker's list. Nothing is
# offered where the list does not come at once.
function Complete-Name {
    param($CommandName, $ParameterName, [string] $WordToComplete, $CommandAst, $BoundParameters)

    # What becomes of a worker that cannot be used is told by the next cmdlet.
    $worker = $script:Session.Worker
    if ($null -eq $worker) { $worker = Start-Worker $script:Session.Options }
    if ($worker -isnot [Worker] -or -not $worker.IsUsable()) { return }
    $kind = if ($CommandName -like '*Exclusion') { 'exclusion' } else { 'reservation' }
    $reply = $worker.Connection.Request("$kind/list", @{}, 2000)
    if ($null -eq $reply -or $null -ne $reply['error']) { return }

    $key = $ParameterName.ToLowerInvariant()
    $names = [System.Collections.Generic.SortedSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($wire in $reply['result']["${kind}s"]) {
        if ($null -ne $wire[$key]) { $null = $names.Add([string] $wire[$key]) }
    }

    $word = $WordToComplete.Trim("'", '"')
    foreach ($name in $names) {
        if (-not $name.StartsWith($word, [System.StringComparison]::OrdinalIgnoreCase)) { continue }
        $text = $name
        if ($name -notmatch '\A[A-Za-z0-9_.:/+][A-Za-z0-9_.:/+-]*\z') {
            $text = "'$([System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name))'"
        }

        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $name)
    }
}
