# The ranges in their order, in arrays of at most so many ports; a range that is longer goes into several.
function Split-PortRange {
    param([System.Collections.Generic.List[object]] $Ranges, [int] $PortsAtOnce)

    $slice = [System.Collections.Generic.List[object]]::new()
    $room = $PortsAtOnce
    foreach ($range in $Ranges) {
        $startPort = $range.startPort
        $left = $range.numberOfPorts
        while ($left -gt 0) {
            $numberOfPorts = [System.Math]::Min($left, $room)
            $slice.Add(@{ startPort = $startPort; numberOfPorts = $numberOfPorts })
            $startPort += $numberOfPorts
            $left -= $numberOfPorts
            $room -= $numberOfPorts
            if ($room -gt 0) { continue }
            , $slice.ToArray()
            $slice.Clear()
            $room = $PortsAtOnce
        }
    }

    if ($slice.Count -gt 0) { , $slice.ToArray() }
}

# The statuses of the slice's ports in its order, protocol by protocol, as often as each was asked for. The worker gives each
# once, by port and then by protocol.
function Select-PortStatus {
    param([object] $Wires, [object[]] $Slice, [string[]] $Protocols)

    if ($Slice.Count -eq 1) {
        foreach ($wire in $Wires) { [FromWire]::PortStatus($wire) }
        return
    }

    $found = @{}
    foreach ($wire in $Wires) { $found["$($wire['protocol']) $($wire['port'])"] = $wire }
    foreach ($range in $Slice) {
        for ($index = 0; $index -lt $range.numberOfPorts; $index++) {
            foreach ($protocol in $Protocols) { [FromWire]::PortStatus($found["$protocol $($range.startPort + $index)"]) }
        }
    }
}
