# Completes ports, their number, tokens and ranges from what is reserved or excluded, or free where something is made.
function Complete-Port {
    param([string] $CommandName, [string] $ParameterName, [string] $WordToComplete, [object] $CommandAst, [hashtable] $BoundParameters)

    $null = $CommandAst
    $worker = Get-CompletionWorker
    $offers = if ($null -eq $worker) { }
    elseif ($ParameterName -eq 'Within') { Get-WindowOffer $worker }
    elseif ($CommandName -match '^(New-PortReservation|New-PortExclusion|Invoke-WithPortReservation|Find-FreePortRange)$') {
        if ($ParameterName -eq 'StartPort') { Get-FreeOffer $worker $BoundParameters }
    }
    else {
        $kind = if ($CommandName -like '*Exclusion') { 'exclusion' } else { 'reservation' }
        foreach ($wire in Get-CompletionList $worker $kind) { Get-PortOffer $wire $ParameterName $BoundParameters }
    }

    $word = $WordToComplete.Trim("'", '"')
    $seen = [System.Collections.Generic.HashSet[string]]::new()
    foreach ($offer in $offers) {
        if (-not $offer.Text.StartsWith($word) -or -not $seen.Add($offer.Text)) { continue }
        [System.Management.Automation.CompletionResult]::new($offer.Text, $offer.Text, 'ParameterValue', $offer.Tip)
    }

    if ($seen.Count -eq 0) { Get-SameWord $WordToComplete }
}

# What a reservation or exclusion offers for a parameter, beside what is given already.
function Get-PortOffer {
    param([object] $Wire, [string] $ParameterName, [hashtable] $BoundParameters)

    $protocol = [FromWire]::Title($Wire['protocol'])
    if ($BoundParameters['Protocol'] -and $BoundParameters['Protocol'] -notcontains $protocol) { return }
    $startPort = [int] $Wire['range']['startPort']
    $numberOfPorts = [int] $Wire['range']['numberOfPorts']
    $tip = Format-PortRange $protocol $startPort $numberOfPorts
    foreach ($key in 'name', 'lifetime', 'store', 'reason') {
        if ($null -eq $Wire[$key]) { continue }
        $tip += if ($key -eq 'name') { " '$($Wire[$key])'" } else { ", $($Wire[$key])" }
    }

    $isGiven = $BoundParameters['StartPort'] -and $BoundParameters['StartPort'] -ne $startPort
    switch ($ParameterName) {
        'StartPort' { @{ Text = "$startPort"; Tip = $tip } }
        'Token' { if ($null -ne $Wire['token']) { @{ Text = [string] $Wire['token']; Tip = $tip } } }
        'NumberOfPorts' { if (-not $isGiven) { @{ Text = "$numberOfPorts"; Tip = $tip } } }
        # As many as can be looked through.
        'Port' {
            if ($isGiven) { return }
            $last = $startPort + [System.Math]::Min($numberOfPorts, 100) - 1
            foreach ($port in $startPort..$last) { @{ Text = "$port"; Tip = $tip } }
        }
    }
}

# A port that is free now.
function Get-FreeOffer {
    param([object] $Worker, [hashtable] $BoundParameters)

    $given = if ($BoundParameters['Protocol']) { $BoundParameters.Protocol } else { 'Tcp' }
    $protocol = ConvertTo-ProtocolList $given
    $reply = $Worker.Connection.Request('port/find', @{ protocol = $protocol; numberOfPorts = 1; first = 1 }, 2000)
    if ($null -eq $reply -or $null -ne $reply['error']) { return }
    foreach ($wire in $reply['result']['ranges']) {
        @{ Text = [string] $wire['startPort']; Tip = "$(Format-ProtocolList $protocol) $($wire['startPort']) is free now" }
    }
}

# Where to look for free blocks: below the ports that the system hands out by itself, and above.
function Get-WindowOffer {
    param([object] $Worker)

    $reply = $Worker.Connection.Request('system/dynamicRange', @{ protocol = 'tcp' }, 2000)
    if ($null -eq $reply -or $null -ne $reply['error']) { return }
    foreach ($wire in $reply['result']['dynamicRanges']) {
        $first = [int] $wire['range']['startPort']
        $last = $first + [int] $wire['range']['numberOfPorts'] - 1
        if ($first -gt 10001) { @{ Text = "10000-$($first - 1)"; Tip = 'Below the ports that the system hands out by itself' } }
        if ($last -lt 65534) { @{ Text = "$($last + 1)-65535"; Tip = 'Above the ports that the system hands out by itself' } }
    }
}

# The worker to ask, or nothing. What becomes of one that cannot be used is told by the next cmdlet.
function Get-CompletionWorker {
    $worker = $script:Session.Worker
    if ($null -eq $worker) { $worker = Start-Worker $script:Session.Options }
    if ($worker -is [Worker] -and $worker.IsUsable()) { $worker }
}

# What a list of the worker has; nothing where it does not come at once. Not every provider has exclusions.
function Get-CompletionList {
    param([object] $Worker, [string] $Kind)

    $reply = $Worker.Connection.Request("$Kind/list", @{}, 2000)
    if ($null -eq $reply -or $null -ne $reply['error']) { return }
    foreach ($wire in $reply['result']["${Kind}s"]) { , $wire }
}

# Leaves the word as it is: where a completer offers nothing at all, PowerShell offers files.
function Get-SameWord {
    param([string] $Word)

    $text = if ($Word) { $Word } else { ' ' }
    [System.Management.Automation.CompletionResult]::new($text, '(none)', 'ParameterValue', 'There is nothing to choose from.')
}

# Completes files that can be documents, and the folders on the way to them.
function Complete-Document {
    param([string] $CommandName, [string] $ParameterName, [string] $WordToComplete)

    $null = $CommandName, $ParameterName
    $found = @([System.Management.Automation.CompletionCompleters]::CompleteFilename($WordToComplete) | Where-Object {
            $_.ResultType -eq 'ProviderContainer' -or $_.ListItemText -match '\.(json|ya?ml)$'
        })
    if ($found.Count -gt 0) { $found } else { Get-SameWord $WordToComplete }
}
