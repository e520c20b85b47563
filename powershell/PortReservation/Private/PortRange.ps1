# Protocol and range as people write them: Tcp 5000-5009, or Tcp 5000 for a single port.
function Format-PortRange {
    param([string] $Protocol, [int] $StartPort, [int] $NumberOfPorts)

    if ($NumberOfPorts -eq 1) { return "$Protocol $StartPort" }
    "$Protocol $StartPort-$($StartPort + $NumberOfPorts - 1)"
}

# Protocol and range as the worker takes them.
function ConvertTo-RangeParam {
    param([string] $Protocol, [int] $StartPort, [int] $NumberOfPorts)

    @{ protocol = $Protocol.ToLowerInvariant(); range = @{ startPort = $StartPort; numberOfPorts = $NumberOfPorts } }
}

# What was given for a port, as ConvertTo-PortRange takes it: itself, or what an object says of its ports.
function Format-PortInput {
    param([object] $Value)

    $properties = $Value.PSObject.Properties
    foreach ($name in 'Port', 'LocalPort') {
        if ($null -ne $properties[$name]) { return "$($properties[$name].Value)" }
    }

    if ($null -eq $properties['StartPort']) { return "$Value" }
    $startPort = $properties['StartPort'].Value
    $first = $startPort -as [int]
    foreach ($name in 'NumberOfPorts', 'Count') {
        if ($null -eq $first -or $null -eq $properties[$name]) { continue }
        return "$first-$($first + ($properties[$name].Value -as [int]) - 1)"
    }

    "$startPort"
}

# The range of a text such as 20000-30000. Nothing for any other text, with the error written.
function ConvertTo-PortRange {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Text, [switch] $AllowSingle)

    # One port is a range where -AllowSingle says so.
    $match = [regex]::Match($Text, '^\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?$')
    if ($match.Success -and ($match.Groups[2].Success -or $AllowSingle)) {
        $first = [int] $match.Groups[1].Value
        $last = if ($match.Groups[2].Success) { [int] $match.Groups[2].Value } else { $first }
        if ($first -ge 1 -and $first -le $last -and $last -le 65535) {
            return @{ startPort = $first; numberOfPorts = $last - $first + 1 }
        }
    }

    $Cmdlet.WriteError((New-ErrorRecord 'InvalidRange' "'$Text' is not a range of ports." InvalidArgument (
        'Write the first and the last port, 1 to 65535, as in 20000-30000.') $Text))
}
