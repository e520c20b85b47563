# Calls a method of the worker for a cmdlet and gives its result. An error of the call is written as the cmdlet's own,
# non-terminating, and nothing is given; a worker that cannot be started ends the cmdlet.
function Invoke-WorkerMethod {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Method,
        [hashtable] $Params,
        [object] $Target,
        # Errors, by name, that are none here; an empty array is given.
        [string[]] $Allow,
        # A WorkerProgress for long work, of the methods that take a workDoneToken.
        [object] $Progress,
        # For a change that is only foreseen: what it would fail with is a warning.
        [switch] $AsWarning
    )

    $worker = $script:Session.Worker
    # As IsUsable says, without the call: it would be a tenth of a lookup.
    $isUsable = $null -ne $worker -and $null -eq $worker.Connection.Failure -and $(
        if ($worker.Address) { $worker.HasEnded() -eq $false } else { -not $worker.Process.HasExited })
    if (-not $isUsable) { $worker = Get-Worker $Cmdlet }
    $reply = $worker.Connection.Request($Method, $Params, 0, $Progress)
    if (-not $worker.Log.IsEmpty) { Write-WorkerLog $worker $Cmdlet }
    if ($null -eq $reply) {
        $Cmdlet.WriteError((ConvertTo-ConnectionError $worker $Method))
        return
    }

    $failure = $reply['error']
    # The comma keeps object and array whole; their members would be output one by one.
    if ($null -eq $failure) { return , $reply['result'] }
    $record = ConvertTo-ErrorRecord $failure $Target
    if ($Allow -contains $record.FullyQualifiedErrorId) { return , @() }
    if ($AsWarning) {
        $Cmdlet.WriteWarning("It would fail: $($record.Exception.Message)")
        return
    }

    $Cmdlet.WriteError($record)
}
