# The error for a call that says by nothing, or by empty values alone, which reservation or exclusion is meant.
function Write-SelectorMissing {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $What = 'reservation',
        [string] $Hint = 'Give a name, a start port, or a token that is not 0.'
    )

    $Cmdlet.WriteError((New-ErrorRecord 'SelectorMissing' "Nothing says which $What is meant." InvalidArgument $Hint))
}

# An error for each name that nothing has, or where nothing fits a query that names something else exactly. One that only
# narrows may well come back empty.
function Write-NotFound {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [hashtable] $Query,
        [object[]] $Found,
        [string] $What = 'reservation'
    )

    $targets = @(foreach ($name in $Query['Missing']) { "'$name'" })
    if ($targets.Count -eq 0 -and $Found.Count -eq 0) { $targets = @(Format-Query $Query) }
    foreach ($target in $targets) {
        $Cmdlet.WriteError((New-ErrorRecord 'NotFound' "There is no such ${What}: $target." $script:ErrorCategory.NotFound (
            "See what there is with Get-Port$([FromWire]::Title($What)).") $target))
    }
}
