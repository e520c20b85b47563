# The environment variables that tell programs their ports, by name: PORT, PORT_0 and so on, PORT_COUNT, PORT_RANGE.
function Get-PortVariable {
    param([object] $Reservation, [string] $Prefix)

    $variables = @{
        $Prefix = "$($Reservation.StartPort)"
        "${Prefix}_COUNT" = "$($Reservation.NumberOfPorts)"
        "${Prefix}_RANGE" = "$($Reservation.StartPort)-$($Reservation.EndPort)"
    }
    for ($index = 0; $index -lt $Reservation.NumberOfPorts; $index++) {
        $variables["${Prefix}_$index"] = "$($Reservation.StartPort + $index)"
    }

    $variables
}

# The environment variables by which programs ask for more ports, of the worker of this session; none where there is no way to it.
function Get-AddressVariable {
    $worker = $script:Session.Worker
    if ($null -eq $worker -or $worker.IsBehindCommand) { return @{} }
    $address = $worker.Address
    if (-not $address) {
        $reply = $worker.Connection.Request('address/open', @{}, 5000)
        # What the programs were started for they do without it, too.
        if ($null -eq $reply -or $null -ne $reply['error']) { return @{} }
        $address = [string] $reply['result']['address']
        [PortEnvironment]::KeepFromOthers($address)
    }

    @{ PORT_RESERVATION_ADDRESS = $address; PORTSERVER_ADDRESS = $address }
}

# The variables of this process, for as long as a script block runs with others.
class PortEnvironment {
    hidden [string] $Runspace
    # What they were, by name; those that this one has taken.
    hidden [hashtable] $Before = @{}
    hidden [System.Collections.Generic.List[string]] $Taken = [System.Collections.Generic.List[string]]::new()

    PortEnvironment([runspace] $runspace) {
        $this.Runspace = "$($runspace.InstanceId)"
    }

    # Who uses which variable: runspaces, by name. Variables belong to the process, so it is one for all runspaces, and for all
    # copies of this module; what calls this holds its lock.
    hidden static [System.Collections.IDictionary] Users() {
        $domain = [System.AppDomain]::CurrentDomain
        $users = $domain.GetData('PortReservation.Environment')
        if ($null -eq $users) {
            $comparer = [System.StringComparer]::Ordinal
            if ([System.Environment]::OSVersion.Platform -eq 'Win32NT') { $comparer = [System.StringComparer]::OrdinalIgnoreCase }
            $users = [System.Collections.Hashtable]::new($comparer)
            $domain.SetData('PortReservation.Environment', $users)
        }

        return $users
    }

    hidden static [object] $Lock = [string]::Intern('PortReservation.Environment')

    # Takes the variables, and sets nothing yet. Gives the name of one that another runspace uses, and takes none then; or nothing.
    # What this runspace uses itself is further out, and comes back when this one has ended.
    [string] Take([string[]] $names) {
        $isLocked = $false
        try {
            [System.Threading.Monitor]::Enter([PortEnvironment]::Lock, [ref] $isLocked)
            $users = [PortEnvironment]::Users()
            foreach ($name in $names) {
                if ($null -ne $users[$name] -and $users[$name] -ne $this.Runspace) { return $name }
            }

            foreach ($name in $names) {
                if ($null -eq $users[$name]) {
                    $this.Taken.Add($name)
                    $users[$name] = $this.Runspace
                }
            }
        }
        finally {
            if ($isLocked) { [System.Threading.Monitor]::Exit([PortEnvironment]::Lock) }
        }

        return [NullString]::Value
    }

    [void] Set([hashtable] $variables) {
        foreach ($name in $variables.Keys) { $this.Before[$name] = [System.Environment]::GetEnvironmentVariable($name) }
        [PortEnvironment]::Write($variables)
    }

    # Sets them for what is started from here on, unless another runspace does.
    [void] Lend([hashtable] $variables) {
        if ($variables.Count -eq 0 -or $this.Take([string[]] @($variables.Keys))) { return }
        $this.Set($variables)
    }

    # It is of the worker of a runspace of this process. The others have workers of their own as ever: theirs must not end with it.
    static [void] KeepFromOthers([string] $address) {
        [System.AppDomain]::CurrentDomain.SetData("PortReservation.Address $address", $true)
    }

    static [bool] IsOfThisProcess([string] $address) {
        return $null -ne [System.AppDomain]::CurrentDomain.GetData("PortReservation.Address $address")
    }

    # Sets what was before, and lets others have the variables. Nothing happens a second time.
    [void] Restore() {
        [PortEnvironment]::Write($this.Before)
        $this.Before = @{}
        $isLocked = $false
        try {
            [System.Threading.Monitor]::Enter([PortEnvironment]::Lock, [ref] $isLocked)
            foreach ($name in $this.Taken) { [PortEnvironment]::Users().Remove($name) }
            $this.Taken.Clear()
        }
        finally {
            if ($isLocked) { [System.Threading.Monitor]::Exit([PortEnvironment]::Lock) }
        }
    }

    hidden static [void] Write([hashtable] $variables) {
        foreach ($name in $variables.Keys) {
            # A plain $null would become an empty text, and the variable would stay.
            $value = if ($null -eq $variables[$name]) { [NullString]::Value } else { $variables[$name] }
            [System.Environment]::SetEnvironmentVariable($name, $value)
        }
    }
}
