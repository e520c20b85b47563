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

    It 'has local times, so that they can be compared with Get-Date' {
        $reservations[1].CreatedAt.Kind | Should -Be 'Local'
        $reservations[1].CreatedAt.ToUniversalTime().ToString('s') | Should -Be '2026-01-02T03:04:05'
    }
}
