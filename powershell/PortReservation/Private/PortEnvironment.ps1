# The environment variables that tell programs their ports, by name: PORT, PORT_0 and so on, PORT_RANGE.
function Get-PortVariable {
    param([object] $Reservation, [string] $Prefix)

    $variables = @{ $Prefix = "$($Reservation.StartPort)"; "${Prefix}_RANGE" = "$($Reservation.StartPort)-$($Reservation.EndPort)" }
    for ($index = 0; $index -lt $Reservation.NumberOfPorts; $index++) {
        $variables["${Prefix}_$index"] = "$($Reservation.StartPort + $index)"
    }

    $variables
}

# Sets variables of this process, and gives what they were before, to be set by the same function again.
function Set-ProcessEnvironment {
    param([hashtable] $Variables)

    $before = @{}
    foreach ($name in $Variables.Keys) {
        $before[$name] = [System.Environment]::GetEnvironmentVariable($name)
        # A plain $null would become an empty text, and the variable would stay.
        $value = if ($null -eq $Variables[$name]) { [NullString]::Value } else { $Variables[$name] }
        [System.Environment]::SetEnvironmentVariable($name, $value)
    }

    $before
}
