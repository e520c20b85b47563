# The protocols as the worker takes them, each once, in the order given.
function ConvertTo-ProtocolList {
    param([string[]] $Protocol)

    $words = [System.Collections.Generic.List[string]]::new()
    foreach ($one in $Protocol) {
        $word = $one.ToLowerInvariant()
        if (-not $words.Contains($word)) { $words.Add($word) }
    }
    , $words.ToArray()
}

# The protocols as people write them: Tcp and Udp.
function Format-ProtocolList {
    param([string[]] $Protocol)

    ($Protocol.ForEach({ [FromWire]::Title($_) })) -join ' and '
}
