# The environment variables that tell programs their ports, by name: PORT, PORT_0 and so on, PORT_RANGE.
function Get-PortVariable {
    param([object] $Reservation, [string] $Prefix)

    $variables = @{ $Prefix = "$($Reservation.StartPort)"; "${Prefix}_RANGE" = "$($Reservation.StartPort)-$($Reservation.EndPort)" }
    for ($index = 0; $index -lt $Reservation.NumberOfPorts; $index++) {
        $variables["${Prefix}_$index"] = "$($Reservation.StartPort + $index)"
    }

    $variables
}

# What variables of this process are, to be set again.
function Get-ProcessEnvironment {
    param([string[]] $Name)

    $variables = @{}
    foreach ($one in $Name) { $variables[$one] = [System.Environment]::GetEnvironmentVariable($one) }
    $variables
}

function Set-ProcessEnvironment {
    param([hashtable] $Variables)

    foreach ($name in $Variables.Keys) {
        # A plain $null would become an empty text, and the variable would stay.
        $value = if ($null -eq $Variables[$name]) { [NullString]::Value } else { $Variables[$name] }
        [System.Environment]::SetEnvironmentVariable($name, $value)
    }
}
