BeforeAll {
    . $PSScriptRoot/Shared.ps1
    $node = (Get-Command node -CommandType Application)[0].Path
    function Get-Variables { @([System.Environment]::GetEnvironmentVariables().Keys | Where-Object { $_ -cmatch '^(PORT|WEB)(_\d|_RANGE|$)' }) }
}
AfterAll { Stop-PortReservationWorker }

Describe 'Invoke-WithPortReservation' {
    BeforeEach { Reset-Reservation }
    AfterEach {
        Get-PortReservation | Remove-PortReservation
        $env:PORT_1 = $null
    }

    It 'tells the script block and programs their ports, gives what it gives, and leaves all as it was' {
        $env:PORT_1 = 'mine'
        $given = Invoke-WithPortReservation -NumberOfPorts 2 -Name web -Reason why {
            param($web)
            $web
            "$env:PORT $env:PORT_0 $env:PORT_1 $env:PORT_COUNT $env:PORT_RANGE"
            (Get-PortReservation web).StartPort
        }
        $r = $given[0]
        $r.Reason | Should -Be 'why'
        $given[1..2] | Should -Be "$($r.StartPort) $($r.StartPort) $($r.EndPort) 2 $($r.StartPort)-$($r.EndPort)", $r.StartPort
        Get-PortReservation | Should -BeNullOrEmpty
        Get-Variables | Should -Be 'PORT_1'
        $env:PORT_1 | Should -Be 'mine'
    }

    It 'reserves in both protocols, under names of the caller, and passes an argument for each' {
        Invoke-WithPortReservation -Protocol Tcp, Udp -EnvironmentPrefix WEB -StartPort 21950 {
            param($tcp, $udp)
            $tcp.Protocol, $udp.Protocol, $env:WEB, $env:WEB_0, $env:WEB_RANGE, "$env:PORT"
        } | Should -Be 'Tcp', 'Udp', '21950', '21950', '21950-21950', ''
        Get-PortReservation | Should -BeNullOrEmpty
    }

    It 'lets a server that it starts listen' {
        $server = "require('net').createServer().listen(process.env.PORT, function () { console.log('listens'); this.close(); })"
        Invoke-WithPortReservation { & $node -e $server } | Should -Be 'listens'
        Invoke-WithPortReservation -FilePath $node -ArgumentList '-e', $server | Should -Be 'listens'
    }

    It 'keeps ports for sockets of the script block with -Hold Strict' {
        Invoke-WithPortReservation -Hold Strict {
            param($r)
            $socket = $r | New-PortReservationSocket
            $socket.LocalEndPoint.Port -eq $r.StartPort
            $socket.Dispose()
        } | Should -BeTrue
    }

    It 'frees the ports when the script block throws, and the error is its own' {
        { Invoke-WithPortReservation { throw 'no luck' } } | Should -Throw 'no luck'
        Get-PortReservation | Should -BeNullOrEmpty
        Get-Variables | Should -BeNullOrEmpty
    }

    It 'runs nothing where the ports cannot be had, or with -WhatIf' {
        $taken = New-PortReservation
        $ran = @{}
        $failed = Get-Failure { Invoke-WithPortReservation -StartPort $taken.StartPort { $ran.Block = 1 } }
        $failed.FullyQualifiedErrorId | Should -BeLike 'RangeReserved*'
        Invoke-WithPortReservation -WhatIf { $ran.Block = 1 } | Should -BeNullOrEmpty
        Invoke-WithPortReservation -WhatIf -FilePath $node -ArgumentList '-e', 'console.log(1)' | Should -BeNullOrEmpty
        $ran.Count | Should -Be 0
        Get-Variables | Should -BeNullOrEmpty
    }

    It 'takes it that the script block removes the reservation, or stops the worker' {
        Get-Failure { Invoke-WithPortReservation { param($r) $r | Remove-PortReservation } } | Should -BeNullOrEmpty
        Get-Failure { Invoke-WithPortReservation { Stop-PortReservationWorker } } | Should -BeNullOrEmpty
        & (Get-Module PortReservation) { $script:Session.Worker } | Should -BeNullOrEmpty
    }

    It 'can be used inside itself' {
        Invoke-WithPortReservation {
            $outer = $env:PORT
            Invoke-WithPortReservation { param($r) $env:PORT -eq $r.StartPort -and $env:PORT -ne $outer }
            $env:PORT -eq $outer
        } | Should -Be $true, $true
        Get-Variables | Should -BeNullOrEmpty
    }

    Context 'in runspaces side by side' {
        BeforeAll {
            $base = (Get-Module PortReservation).ModuleBase
            # Runs a script in runspaces of their own at once, and gives what each gives and says in errors.
            function Invoke-Parallel ([int] $Count, [string] $Script, [hashtable] $Shared) {
                $runs = foreach ($index in 1..$Count) {
                    $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
                    $null = $shell.AddScript('param($base, $shared, $index)' + "`nImport-Module `$base`n" + $Script)
                    $null = $shell.AddArgument($base).AddArgument($Shared).AddArgument($index)
                    @{ Shell = $shell; Handle = $shell.BeginInvoke() }
                }
                foreach ($run in $runs) {
                    @{ Output = @($run.Shell.EndInvoke($run.Handle)); Errors = @($run.Shell.Streams.Error) }
                    $run.Shell.Runspace.Dispose()
                    $run.Shell.Dispose()
                }
            }
        }

        It 'refuses a second use of the same variables while the first runs' {
            $shared = [hashtable]::Synchronized(@{ Inside = [System.Threading.ManualResetEventSlim]::new(); Done = [System.Threading.ManualResetEventSlim]::new() })
            $runs = Invoke-Parallel 2 @'
                if ($index -eq 1) {
                    Invoke-WithPortReservation { param($r) $shared.Inside.Set(); $shared.Done.Wait(); $env:PORT -eq $r.StartPort }
                }
                else {
                    $shared.Inside.Wait()
                    Invoke-WithPortReservation { 'ran' }
                    Invoke-WithPortReservation -EnvironmentPrefix WEB { param($r) $env:WEB -eq $r.StartPort }
                    $shared.Done.Set()
                }
'@ $shared
            $runs[0].Errors | Should -BeNullOrEmpty
            $runs[0].Output | Should -Be @($true)
            $runs[1].Errors.FullyQualifiedErrorId | Should -Be 'EnvironmentInUse,Invoke-WithPortReservation'
            $runs[1].Errors.CategoryInfo.Category | Should -Be 'ResourceBusy'
            $runs[1].Output | Should -Be @($true)
            Get-Variables | Should -BeNullOrEmpty
        }

        It 'lets them have the same variables one after the other' {
            $runs = @(Invoke-Parallel 1 'Invoke-WithPortReservation { 1 }; Invoke-WithPortReservation { 2 }')
            $runs[0].Output | Should -Be 1, 2
            Invoke-WithPortReservation { 3 } | Should -Be 3
        }

        It 'gives each program of -FilePath the ports of its own, and the process none' {
            $runs = Invoke-Parallel 4 @'
                $node = (Get-Command node -CommandType Application)[0].Path
                $print = 'console.log(process.env.PORT, process.env.PORT_1, process.env.PORT_RANGE)'
                foreach ($time in 1..3) {
                    Invoke-WithPortReservation -NumberOfPorts 2 -FilePath $node -ArgumentList '-e', $print
                    if ($env:PORT) { 'the process has it' }
                }
'@
            $runs.Errors | Should -BeNullOrEmpty
            $lines = @($runs.Output)
            $lines.Count | Should -Be 12
            foreach ($line in $lines) {
                $first, $second, $range = $line -split ' '
                [int] $second | Should -Be ([int] $first + 1)
                $range | Should -Be "$first-$second"
            }
        }
    }

    Context 'of a program' {
        It 'gives its lines, passes its arguments as they are, and sets $LASTEXITCODE' {
            $words = 'two words', '', 'a"b', '$x;`', 'end\'
            $print = 'for (const word of process.argv.slice(1)) console.log(word); process.exitCode = 7'
            Invoke-WithPortReservation -FilePath $node -ArgumentList (@('-e', $print, '--') + $words) | Should -Be $words
            $global:LASTEXITCODE | Should -Be 7
        }

        It 'says that there is no such program, and keeps no port' {
            $failed = Get-Failure { Invoke-WithPortReservation -FilePath no-such-program }
            $failed.FullyQualifiedErrorId | Should -Be 'ProgramNotStarted,Invoke-WithPortReservation'
            $failed.TargetObject | Should -Be 'no-such-program'
            Get-PortReservation | Should -BeNullOrEmpty
        }

        It 'runs it in the current folder' {
            Push-Location (Get-PSDrive TestDrive).Root
            try { Invoke-WithPortReservation -FilePath $node -ArgumentList '-e', 'console.log(process.cwd())' | Split-Path -Leaf | Should -Be (Split-Path -Leaf $PWD.ProviderPath) }
            finally { Pop-Location }
        }
    }
}
