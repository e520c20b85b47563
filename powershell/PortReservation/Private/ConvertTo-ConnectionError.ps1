# Makes the error record of a conversation that cannot go on, and ends the worker. The next call starts a new one.
function ConvertTo-ConnectionError {
    param([object] $Worker, [string] $Method)

    $failure = $Worker.Connection.Failure
    $name = $Worker.Describe()
    if ($null -eq $failure) {
        $Worker.Connection.Failure = [System.TimeoutException]::new()
        $id, $category = 'WorkerTimeout', 'OperationTimeout'
        $message = "$name did not answer '$Method' in time and was ended."
    }
    elseif ($failure -is [System.FormatException] -or $failure -is [System.ArgumentException]) {
        $id, $category = 'WorkerProtocolError', 'ProtocolError'
        $message = "$name was ended because it broke the protocol: $($failure.Message.TrimEnd('.'))."
        if ($Worker.IsBehindCommand) {
            $message += ' Something on the way to the worker may have printed it, such as a shell profile.'
        }
    }
    elseif ($failure -is [System.IO.IOException]) {
        $id, $category = 'WorkerExited', 'ConnectionError'
        $message = "'$Method' was not answered. $($Worker.DescribeEnd())"
    }
    else {
        $id, $category = 'WorkerConnectionFailed', 'ConnectionError'
        $message = "$name was ended because the talk with it failed: $($failure.Message)"
    }

    Stop-Worker $Worker
    New-ErrorRecord $id $message $category (
        $Worker.DescribeLoss() + ' Look with Get-PortReservation before you repeat a change; it starts a new worker.') (
        $Worker.Name())
}
