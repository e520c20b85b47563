BeforeAll {
    . $PSScriptRoot/Shared.ps1

    # Serves at an address of its own until it is ended, on the ledger of this session.
    function Start-Service {
        $program = [System.IO.Path]::Combine((Get-Module PortReservation)[0].ModuleBase, 'worker', 'portreservation.mjs')
        $start = [System.Diagnostics.ProcessStartInfo]::new('node', "`"$program`" serve --listen")
        $start.UseShellExecute = $false
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        $env:PORT_RESERVATION_ADDRESS = $process.StandardOutput.ReadLine() -replace '^PORT_RESERVATION_ADDRESS='
        $process
    }

    function Stop-Service ([System.Diagnostics.Process] $Process) {
        if (-not $Process.HasExited) { $Process.Kill() }
        $Process.WaitForExit()
    }
}

Describe 'Under an address' {
    BeforeEach {
        Reset-Reservation
        $service = Start-Service
        $address = $env:PORT_RESERVATION_ADDRESS
    }
    AfterEach {
        $env:PORT_RESERVATION_ADDRESS = $null
        Stop-PortReservationWorker
        Stop-Service $service
    }

    It 'who serves there reserves for this session, and no worker is started' {
        $r = New-PortReservation -Name joined -NumberOfPorts 900
        $r.Owner.ProcessId | Should -Be $PID
        (Get-PortReservation joined).StartPort | Should -Be $r.StartPort
        Test-Listen $r.StartPort | Should -BeFalse
        $worker = Stop-PortReservationWorker -PassThru
        $worker.Address | Should -Be $address
        $worker.ProcessId | Should -BeNullOrEmpty
        # All that it held is free when it is let go, and it goes on.
        Test-Listen $r.EndPort | Should -BeTrue
        (New-PortReservation).Owner.ProcessId | Should -Be $PID
        $service.HasExited | Should -BeFalse
    }

    It 'a socket of this session binds inside' {
        $socket = New-PortReservation | New-PortReservationSocket
        try { $socket.LocalEndPoint.Port | Should -Be (Get-PortReservation).StartPort } finally { $socket.Dispose() }
    }

    It 'a refusal is the same error as of a worker of its own' {
        $r = New-PortReservation
        (Get-Failure { New-PortReservation $r.StartPort }).FullyQualifiedErrorId | Should -Be 'RangeReserved,New-PortReservation'
    }

    It 'each runspace has a connection of its own, and what it holds ends with it' {
        $null = New-PortReservation -Name outer
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript({ param($module) Import-Module $module; New-PortReservation -Name inner; (Get-PortReservation).Count })
        $seen = $shell.AddArgument((Get-Module PortReservation)[0].ModuleBase).Invoke()
        $seen[0].Owner.ProcessId | Should -Be $PID
        $seen[1] | Should -Be 2
        $shell.Runspace.Dispose()
        $shell.Dispose()
        $patience = [System.Diagnostics.Stopwatch]::StartNew()
        while (@(Get-PortReservation inner) -and $patience.Elapsed.TotalSeconds -lt 20) { continue }
        (Get-PortReservation).Name | Should -Be outer
    }

    It 'what is held ends with Remove-Module' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $shell.AddScript({ param($module) Import-Module $module; New-PortReservation -Name brief; Remove-Module PortReservation })
            $r = $shell.AddArgument((Get-Module PortReservation)[0].ModuleBase).Invoke()[0]
            Test-Listen $r.StartPort | Should -BeTrue
            Get-PortReservation | Should -BeNullOrEmpty
        }
        finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }

    It 'what is asked for otherwise is started: <how>' -ForEach @(
        @{ how = '-Provider Ledger'; words = @{ Provider = 'Ledger' } }
        @{ how = "-Address ''"; words = @{ Address = '' } }
        @{ how = '-NodePath'; words = @{ NodePath = (Get-Command node -CommandType Application | Select-Object -First 1).Source } }
    ) {
        $worker = Start-PortReservationWorker @words -PassThru
        $worker.Address | Should -BeNullOrEmpty
        $worker.ProcessId | Should -BeGreaterThan 0
        (New-PortReservation).Owner.ProcessId | Should -Be $worker.ProcessId
    }

    It 'an address that is named is joined, whatever the environment says' {
        $env:PORT_RESERVATION_ADDRESS = $null
        (Start-PortReservationWorker -Address $address -PassThru).Address | Should -Be $address
        { Start-PortReservationWorker } | Should -Throw "A worker (at $address) is running already."
        (New-PortReservation).Owner.ProcessId | Should -Be $PID
    }

    It 'one that ended between two calls is told, and a worker of its own is started' {
        $null = New-PortReservation -Name lost
        Stop-Service $service
        $r = New-PortReservation -Name after -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match ([regex]::Escape("The worker (at $address) has ended"))
        "$warned" | Should -Match 'are free\. A new worker is started\.'
        $r.Owner.ProcessId | Should -Not -Be $PID
        (Get-PortReservation).Name | Should -Be after
    }
}

Describe 'Invoke-WithPortReservation' {
    BeforeAll {
        $program = [System.IO.Path]::Combine((Get-Module PortReservation)[0].ModuleBase, 'worker', 'portreservation.mjs')
        function Get-Address { "$env:PORT_RESERVATION_ADDRESS|$env:PORTSERVER_ADDRESS" }
    }
    BeforeEach { Reset-Reservation }
    AfterEach { Stop-PortReservationWorker }

    It 'has its programs ask this session for more ports' {
        $port = Invoke-WithPortReservation -FilePath node -ArgumentList $program, take, --pid, $PID, --name, asked
        $r = Get-PortReservation asked
        $r.StartPort | Should -Be $port
        $r.Owner.ProcessId | Should -Be $PID
        # It ends with the worker, whoever it is for.
        Stop-PortReservationWorker
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'gives a script block the address, and takes it back' {
        $env:PORTSERVER_ADDRESS = 'before'
        try {
            $inside = Invoke-WithPortReservation { Get-Address; Invoke-WithPortReservation { Get-Address }; Get-Address }
            $inside[0] | Should -Match '^(\S+)\|\1$'
            $inside[1..2] | Should -Be $inside[0], $inside[0]
            Get-Address | Should -Be '|before'
        }
        finally { $env:PORTSERVER_ADDRESS = $null }
    }

    It 'leaves other runspaces a worker of their own' {
        $owner = Invoke-WithPortReservation {
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
            $null = $shell.AddScript({ param($module) Import-Module $module; (New-PortReservation).Owner.ProcessId })
            $shell.AddArgument((Get-Module PortReservation)[0].ModuleBase).Invoke()
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
        $owner | Should -Not -Be $PID
    }

    It 'hands down the address by which this session was joined itself' {
        $service = Start-Service
        try {
            $address = $env:PORT_RESERVATION_ADDRESS
            $env:PORT_RESERVATION_ADDRESS = $null
            Start-PortReservationWorker -Address $address
            Invoke-WithPortReservation { Get-Address } | Should -Be "$address|$address"
            # It is there for all, also for other runspaces of this process.
            $env:PORT_RESERVATION_ADDRESS = $address
            Start-PortReservationWorker -Force
            (Invoke-WithPortReservation { Get-PortReservation }).Owner.ProcessId | Should -Be $PID
            (Start-PortReservationWorker -Force -PassThru).Address | Should -Be $address
        }
        finally {
            $env:PORT_RESERVATION_ADDRESS = $null
            Stop-PortReservationWorker
            Stop-Service $service
        }
    }
}

Describe 'An address where nobody serves this user' {
    BeforeEach { Reset-Reservation }
    AfterEach {
        $env:PORT_RESERVATION_ADDRESS = $null
        Stop-PortReservationWorker
    }

    It 'is as none, in the environment: <address>' -ForEach @(
        @{ address = '/nowhere/sock' }, @{ address = $PSCommandPath }, @{ address = '/' + 'x' * 200 }, @{ address = '\\.\pipe\nobody' }
        @{ address = '@15000' }, @{ address = '/tmp' }
    ) {
        $env:PORT_RESERVATION_ADDRESS = $address
        $Error.Clear()
        (New-PortReservation -ErrorVariable failed -WarningVariable warned).Owner.ProcessId | Should -Not -Be $PID
        $failed.Count, $warned.Count, $Error.Count | Should -Be 0, 0, 0
    }

    It 'is an error where it was named, and nothing is reserved elsewhere until another worker is chosen' {
        foreach ($try in { Start-PortReservationWorker -Address /nowhere/sock }, { New-PortReservation }) {
            $try | Should -Throw -ErrorId 'WorkerNotFound*' -ExpectedMessage "No worker serves this user at '/nowhere/sock'."
        }
        Stop-PortReservationWorker
        New-PortReservation | Should -Not -BeNullOrEmpty
    }
}
