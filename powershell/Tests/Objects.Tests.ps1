BeforeAll {
    . $PSScriptRoot/Shared.ps1
    $wire = '[
        { "protocol": "tcp", "range": { "startPort": 21040, "numberOfPorts": 10 }, "token": "18446744073709551615",
          "lifetime": "runtime", "enforcement": "socket", "provider": "linux", "name": "web", "reason": "the front end",
          "document": "shop", "owner": { "user": "ada", "processId": 4711, "processStartTime": "1@2" },
          "createdAt": "2026-01-02T03:04:05.678Z" },
        { "protocol": "udp", "range": { "startPort": 27015, "numberOfPorts": 1 }, "token": "1", "lifetime": "persistent",
          "enforcement": "ephemeralOnly", "provider": "linux", "owner": { "user": "grace" }, "createdAt": "2026-01-02T03:04:05Z" }
    ]'
    # As they come from the worker.
    $reservations = & (Get-Module PortReservation) {
        foreach ($one in [WorkerJson]::Read($args[0])) { [FromWire]::Reservation($one) }
    } $wire
}

Describe 'A reservation' {
    It 'is a row of a table' {
        Get-Shown $reservations | Should -Be @'

Protocol StartPort EndPort Lifetime   Enforcement                  Token Name
-------- --------- ------- --------   -----------                  ----- ----
Tcp          21040   21049 Runtime    Socket        18446744073709551615 web
Udp          27015   27015 Persistent EphemeralOnly                    1


'@.Replace("`r", '')
    }

    It 'has every property in a list, with the owner in short' {
        $shown = Get-Shown ($reservations[0] | Format-List)
        $shown | Should -Match 'Token         : 18446744073709551615\n'
        $shown | Should -Match 'Owner         : ada \(4711\)\n'
        foreach ($name in $reservations[0].PSObject.Properties.Name) { $shown | Should -Match "(?m)^$name +:" }
    }

    It 'is its range and name as a text' {
        "$($reservations[0]); $($reservations[1])" | Should -Be "21040-21049 'web'; 27015-27015"
    }

    It 'has nothing where nothing is known' {
        $r = $reservations[1]
        $r.Name, $r.Reason, $r.Owner.ProcessId | Should -Be $null, $null, $null
        "$($r.Owner)" | Should -Be 'grace'
    }

    It 'is its token to the last digit in JSON, which goes back into the cmdlets' {
        $json = $reservations[0] | ConvertTo-Json
        $json | Should -Match '"Token": +"18446744073709551615"'
        ($json | ConvertFrom-Json).Token | Should -Be '18446744073709551615'
        (Get-Failure { Get-PortReservation -Token ($json | ConvertFrom-Json).Token }).TargetObject | Should -Be 'token 18446744073709551615'
    }

    It 'has local times, so that they can be compared with Get-Date' {
        $reservations[1].CreatedAt.Kind | Should -Be 'Local'
        $reservations[1].CreatedAt.ToUniversalTime().ToString('s') | Should -Be '2026-01-02T03:04:05'
    }
}

Describe 'Objects that come from elsewhere' {
    BeforeAll {
        # What Export-Clixml keeps, what a job or another machine sends: the deeper, the less of what lies inside.
        function ConvertTo-Copy ([object] $Value, [int] $Depth) {
            [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($Value, $Depth))
        }
        function Get-Both ([object] $Value) { Get-Shown $Value; Get-Shown ($Value | Format-List) }
        $objects = & (Get-Module PortReservation) {
            $r = $args[0]
            $wire = '{ "protocol": "tcp", "range": { "startPort": 5000, "numberOfPorts": 2 }, "store": "active", "own": "true",
                "administered": "true", "source": "netsh", "owner": { "user": "ada", "processId": 5 } }'
            $exclusion = [FromWire]::Exclusion([WorkerJson]::Read($wire))
            $status = [FromWire]::PortStatus([WorkerJson]::Read('{ "protocol": "tcp", "port": 21040, "canBind": false,
                "verdict": "reserved", "explanation": "It is so.", "holders": [
                    { "state": "listening", "addresses": ["::"], "processId": 7, "processName": "node", "user": "ada", "urls": [] },
                    { "state": "bound", "addresses": ["::"], "user": "eve", "urls": [] } ] }'))
            $status.Reservation = $r
            $status.Exclusion = $exclusion
            @{ Reservation = $r; Exclusion = $exclusion; PortStatus = $status }
            @{ FreeRange = [FromWire]::FreeRange([WorkerJson]::Read('{ "startPort": 5, "numberOfPorts": 2 }'), @('tcp', 'udp')) }
        } $reservations[0]
    }

    It 'look as live ones do: <kind>, from <from>' -ForEach @(
        foreach ($kind in 'Reservation', 'Exclusion', 'PortStatus', 'FreeRange') {
            @{ kind = $kind; from = 'a job'; depth = 1 }
            @{ kind = $kind; from = 'Import-Clixml'; depth = 2 }
        }
    ) {
        $live = $objects.$kind | Where-Object { $_ }
        $copy = ConvertTo-Copy $live $depth
        $copy.PSTypeNames[0] | Should -Be "Deserialized.PortReservation.$kind"
        Get-Both $copy | Should -Be (Get-Both $live)
    }

    BeforeEach { Reset-Reservation }

    It 'say of a worker what is worth knowing' {
        $worker = Start-PortReservationWorker -PassThru
        Stop-PortReservationWorker
        $shown = Get-Shown $worker
        ([regex]::Matches($shown, '(?m)^\w+(?= +:)')).Value |
            Should -Be 'ProcessId', 'Provider', 'Version', 'RuntimeEnforcement', 'PersistentEnforcement'
        Get-Shown (ConvertTo-Copy $worker 1) | Should -Be $shown
    }

    It 'go back into the cmdlets' {
        $made = New-PortReservation -Name far
        ConvertTo-Copy $made 1 | Remove-PortReservation
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'keep their text when they come from a runspace that is gone' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $make = { param($module) Import-Module $module; New-PortReservation -Name gone; Stop-PortReservationWorker }
        $r = $shell.AddScript($make).AddArgument((Get-Module PortReservation).ModuleBase).Invoke()[0]
        $shell.Runspace.Dispose()
        $shell.Dispose()
        "$r" | Should -Match "^\d+-\d+ 'gone'$"
    }
}
