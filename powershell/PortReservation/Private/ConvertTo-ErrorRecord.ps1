# JSON-RPC's own codes; those of the catalogue carry their name.
$script:RpcErrorName = @{
    -32600 = 'InvalidRequest'
    -32601 = 'MethodNotFound'
    -32602 = 'InvalidParams'
    -32700 = 'ParseError'
    -32800 = 'RequestCancelled'
}

# Makes the error record of an error that the worker answered with.
function ConvertTo-ErrorRecord {
    param([object] $WorkerError, [object] $Target)

    $data = $WorkerError['data']
    if ($null -eq $data) { $data = @{} }
    $id = [string] $data['name']
    if ($id -eq '') { $id = [string] $script:RpcErrorName[[int] $WorkerError['code']] }
    if ($id -eq '') { $id = 'WorkerError' }
    $category = $script:ErrorCategory[$id]
    $hint = [string] $data['hint']
    $message = [string] $WorkerError['message']
    if ($id -eq 'InvalidDocument') {
        $category = 'InvalidData'
        $hint = 'Correct the lines that the message names. Nothing was changed.'
        $message = "${Target}: $message"
    }
    elseif ($id -eq 'InvalidParams') {
        $category = 'InvalidArgument'
        $hint = 'Correct the values that the message names.'
    }
    elseif ($null -eq $category) {
        $category = 'NotSpecified'
    }

    # The hint says it in nobody's words; this is what to type here.
    $command = if ($null -ne $data['remedy']) { [Remedy]::Of($data) }
    $hint = [Remedy]::Advice($hint)
    if ($command) { $hint = (@($hint.TrimEnd('.'), $command) -ne '') -join ': ' }
    $subject = [string] $data['target']
    if ($subject -eq '') { $subject = $Target }
    New-ErrorRecord $id $message $category $hint $subject
}
