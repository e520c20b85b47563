#:package StreamJsonRpc@2.25.29
#:property PublishAot=false
// A client of PortReservation on StreamJsonRpc: joins who serves, or starts a worker. Run it with: dotnet run client.cs
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using StreamJsonRpc;

var told = new TaskCompletionSource();
using var ports = await PortClient.OpenAsync(change =>
{
    if (change.Added.Any(one => one.Name == "démo")) told.TrySetResult();
});
var made = await ports.CallAsync<ReservationList>("reservation/create", new { protocol = "tcp", numberOfPorts = 2, name = "démo" });
var taken = made.Reservations[0].Range;
Console.WriteLine($"reserved {taken.StartPort}");
await await Task.WhenAny(told.Task, ports.Gone);
Console.WriteLine($"told {taken.StartPort}");
var listed = await ports.CallAsync<ReservationList>("reservation/list", new { name = "démo" });
Console.WriteLine($"listed {listed.Reservations[0].Range.StartPort}");
try
{
    await ports.CallAsync<ReservationList>("reservation/create", new { protocol = "tcp", startPort = taken.StartPort });
}
catch (RemoteInvocationException refusal)
{
    Console.WriteLine($"refused {PortClient.NameOf(refusal)}");
}
await ports.CallAsync<object>("reservation/release", new { protocol = "tcp", range = taken });
Console.WriteLine("released");
if (Environment.GetEnvironmentVariable("STAY") is not null)
{
    await ports.Gone;
    Console.WriteLine("gone");
}

// What is needed of the contract; more fields are read when they are added here.
record PortRange(int StartPort, int NumberOfPorts);
record Reservation(string Protocol, PortRange Range, string? Name, string? Token);
record ReservationList(Reservation[] Reservations);
record Change(Reservation[] Added, Reservation[] Removed);
record Refusal(string? Name, string? Hint);

/// <summary>Reads the data of an error as the contract has it, and not as StreamJsonRpc's own.</summary>
sealed class PortRpc(IJsonRpcMessageHandler handler) : JsonRpc(handler)
{
    protected override Type? GetErrorDetailsDataType(StreamJsonRpc.Protocol.JsonRpcError error) => typeof(Refusal);
}

sealed class PortClient(PortRpc rpc) : IDisposable
{
    /// <summary>Ends when nobody serves any more; calls under way fail then, and what was reserved is free.</summary>
    public Task Gone { get; } = rpc.Completion.ContinueWith(_ => { });

    public static async Task<PortClient> OpenAsync(Action<Change>? watch = null)
    {
        var (to, from) = await JoinAsync();
        var formatter = new SystemTextJsonFormatter { JsonSerializerOptions = new(JsonSerializerDefaults.Web) };
        var rpc = new PortRpc(new HeaderDelimitedMessageHandler(to, from, formatter));
        // Params come by name, and the parameters have those names.
        rpc.AddLocalRpcMethod("reservation/changed",
            (Reservation[] added, Reservation[] removed) => watch?.Invoke(new Change(added, removed)));
        rpc.StartListening();
        var client = new PortClient(rpc);
        var capabilities = new { reservationChanged = watch is not null };
        await client.CallAsync<object>("initialize", new { protocolVersion = 1, processId = Environment.ProcessId, capabilities });
        return client;
    }

    public Task<T> CallAsync<T>(string method, object arguments) => rpc.InvokeWithParameterObjectAsync<T>(method, arguments);

    /// <summary>The name in the catalogue of what the service refused; null for a fault of the request itself.</summary>
    public static string? NameOf(RemoteInvocationException refusal) => (refusal.DeserializedErrorData as Refusal)?.Name;

    public void Dispose() => rpc.Dispose(); // the end of input frees what is held

    private static async Task<(Stream To, Stream From)> JoinAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var address = Environment.GetEnvironmentVariable("PORT_RESERVATION_ADDRESS") ?? "";
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address));
            var stream = new NetworkStream(socket, ownsSocket: true);
            return (stream, stream);
        }
        catch (Exception nobodyThere) when (nobodyThere is SocketException or ArgumentException)
        {
            socket.Dispose();
        }
        var start = new ProcessStartInfo("portreservation", "serve --stdio");
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        var worker = Process.Start(start)!;
        return (worker.StandardInput.BaseStream, worker.StandardOutput.BaseStream);
    }
}
