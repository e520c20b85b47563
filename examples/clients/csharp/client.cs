#:package StreamJsonRpc@2.25.29
#:property PublishAot=false
// A client of PortReservation on StreamJsonRpc: joins who serves, or starts a worker. Run it with: dotnet run client.cs
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Serialization;
using StreamJsonRpc;

var told = new TaskCompletionSource();
using var ports = await PortClient.OpenAsync(change =>
{
    if (change.Added.Any(one => one.Name == "demo")) told.TrySetResult();
});
var made = await ports.CallAsync<Reservations>("reservation/create", new { protocol = "tcp", numberOfPorts = 2, name = "demo" });
var taken = made.Items[0].Range;
Console.WriteLine($"reserved {taken.StartPort}");
await told.Task;
Console.WriteLine($"told {taken.StartPort}");
var listed = await ports.CallAsync<Reservations>("reservation/list", new { name = "demo" });
Console.WriteLine($"listed {listed.Items.Length}");
try
{
    await ports.CallAsync<Reservations>("reservation/create", new { protocol = "tcp", startPort = taken.StartPort });
}
catch (RemoteInvocationException refusal)
{
    Console.WriteLine($"refused {PortClient.NameOf(refusal)}");
}

await ports.CallAsync<Reservations>("reservation/release", new { protocol = "tcp", range = taken });
Console.WriteLine("released");
if (Environment.GetEnvironmentVariable("STAY") is not null)
{
    await ports.Gone;
    Console.WriteLine("gone");
}

record PortRange([property: JsonPropertyName("startPort")] int StartPort, [property: JsonPropertyName("numberOfPorts")] int NumberOfPorts);

record Reservation(
    [property: JsonPropertyName("protocol")] string Protocol,
    [property: JsonPropertyName("range")] PortRange Range,
    [property: JsonPropertyName("name")] string? Name);

record Reservations([property: JsonPropertyName("reservations")] Reservation[] Items);

record Change([property: JsonPropertyName("added")] Reservation[] Added, [property: JsonPropertyName("removed")] Reservation[] Removed);

record Refusal([property: JsonPropertyName("name")] string? Name, [property: JsonPropertyName("hint")] string? Hint);

/// <summary>Reads the data of an error as the contract has it, and not as StreamJsonRpc's own.</summary>
sealed class PortRpc(IJsonRpcMessageHandler handler) : JsonRpc(handler)
{
    protected override Type? GetErrorDetailsDataType(StreamJsonRpc.Protocol.JsonRpcError error) => typeof(Refusal);
}

sealed class PortClient : IDisposable
{
    private readonly PortRpc rpc;

    private PortClient(PortRpc rpc) => this.rpc = rpc;

    /// <summary>Ends when nobody serves any more; calls under way fail then, and what was reserved is free.</summary>
    public Task Gone => rpc.Completion.ContinueWith(_ => { });

    public static async Task<PortClient> OpenAsync(Action<Change>? watch = null)
    {
        var (to, from) = await JoinAsync();
        var handler = new HeaderDelimitedMessageHandler(to, from, new SystemTextJsonFormatter());
        var client = new PortClient(new PortRpc(handler));
        // Params come by name, and the parameters have those names.
        client.rpc.AddLocalRpcMethod("reservation/changed",
            (Reservation[] added, Reservation[] removed) => watch?.Invoke(new Change(added, removed)));
        client.rpc.StartListening();
        var capabilities = new { reservationChanged = watch is not null };
        await client.CallAsync<object>("initialize", new { protocolVersion = 1, processId = Environment.ProcessId, capabilities });
        return client;
    }

    public Task<T> CallAsync<T>(string method, object arguments) => rpc.InvokeWithParameterObjectAsync<T>(method, arguments);

    /// <summary>The name in the catalogue of what the service refused.</summary>
    public static string? NameOf(RemoteInvocationException refusal) =>
        (refusal.DeserializedErrorData as Refusal)?.Name;

    public void Dispose() => rpc.Dispose();

    private static async Task<(Stream To, Stream From)> JoinAsync()
    {
        if (Environment.GetEnvironmentVariable("PORT_RESERVATION_ADDRESS") is { Length: > 0 } address)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address));
                var stream = new NetworkStream(socket, ownsSocket: true);
                return (stream, stream);
            }
            catch (SocketException)
            {
                socket.Dispose(); // nobody there
            }
        }

        var command = (Environment.GetEnvironmentVariable("PORTRESERVATION") ?? "portreservation serve --stdio").Split(' ');
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var worker = Process.Start(start)!;
        return (worker.StandardInput.BaseStream, worker.StandardOutput.BaseStream);
    }
}
