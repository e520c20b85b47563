# Where a worker may serve this session: as Start-PortReservationWorker was told, or by the environment, unless a worker of its own
# was asked for. Gives nothing where one is to be started.
function Get-WorkerAddress {
    param([hashtable] $Options)

    if ($Options.ContainsKey('Address')) { return $Options.Address }
    if ($Options['NodePath'] -or $Options['WorkerPath']) { return }
    if ($Options['Provider'] -and $Options.Provider -ne 'Auto') { return }
    $address = [System.Environment]::GetEnvironmentVariable('PORT_RESERVATION_ADDRESS')
    if ($address -and -not [PortEnvironment]::IsOfThisProcess($address)) { $address }
}

# Joins the worker that serves at the address. Gives the worker, or the error record that says why it is none.
function Join-Worker {
    param([string] $Address, [hashtable] $Options)

    $stream = $null
    $socket = $null
    $pipe = [regex]::Match($Address, '^\\\\[.?]\\pipe\\(.+)$')
    if (-not [ReservationSocket]::IsWindows()) {
        $socket = Connect-WorkerSocket $Address
        if ($null -ne $socket) { $stream = [System.Net.Sockets.NetworkStream]::new($socket, $true) }
    }
    elseif ($pipe.Success) { $stream = [WorkerPipe]::Connect($pipe.Groups[1].Value) }

    if ($null -eq $stream) {
        return New-ErrorRecord 'WorkerNotFound' "No worker serves this user at '$Address'." ObjectNotFound (
            'Start one by portreservation serve --listen, or leave the address out.') $Address
    }

    $worker = [JoinedWorker]::new($Address, $stream, $socket)
    $worker.Connection = [WorkerConnection]::new($stream, $stream, [FrameReader]::new(), [WorkerJson])
    Open-Worker $worker $Options
}

# A socket that is connected; nothing where nobody listens. A worker that stands still is not waited for longer than others.
function Connect-WorkerSocket {
    param([string] $Path)

    $socket = [UnixSocket]::Open()
    $isConnected = $false
    try {
        $connecting = [UnixSocket]::Connect($socket, $Path)
        if ($null -eq $connecting) { return }
        $patience = [System.Diagnostics.Stopwatch]::StartNew()
        # Short waits, which do not throw: what is thrown would be among the errors of the session.
        while ([System.Threading.Tasks.Task]::WaitAny(@($connecting), 50) -lt 0 -and $patience.Elapsed.TotalSeconds -lt 10) { continue }
        $isConnected = $connecting.Status -eq [System.Threading.Tasks.TaskStatus]::RanToCompletion
    }
    finally {
        if (-not $isConnected) { $socket.Dispose() }
    }

    if ($isConnected) { $socket }
}

# Windows' way to one.
class WorkerPipe {
    # The end of a pipe; $null where nobody listens. One that is busy with others is tried again for a moment.
    static [System.IO.Stream] Connect([string] $name) {
        $pipe = [System.IO.Pipes.NamedPipeClientStream]::new(
            '.', $name, [System.IO.Pipes.PipeDirection]::InOut, [System.IO.Pipes.PipeOptions]::Asynchronous)
        try {
            $pipe.Connect(250)
            return $pipe
        }
        catch {
            $pipe.Dispose()
            return $null
        }

        return $null
    }
}
