// Speaks with the server by the protocol's own client for .NET and prints one JSON object with what it saw.
// Arguments: a folder, a version of the protocol or "" for the client's own choice, then the server's command line.
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

var (folder, version) = (args[0], args[1]);
var transport = new StdioClientTransport(new() { Command = args[2], Arguments = args[3..] });
var options = new McpClientOptions { ProtocolVersion = version == "" ? null : version };
await using var client = await McpClient.CreateAsync(transport, options);

var tools = await client.ListToolsAsync();
async Task<CallToolResult> Call(string name, Dictionary<string, object?> arguments) => await client.CallToolAsync(name, arguments);
var reserved = await Call("reserve_ports", new() { ["folder"] = folder });
var wrong = await Call("reserve_ports", new() { ["folder"] = "shop" });
var map = await client.ReadResourceAsync("ports://map/udp.svg");

Console.WriteLine(JsonSerializer.Serialize(new
{
    version = client.NegotiatedProtocolVersion,
    server = client.ServerInfo?.Name,
    tools = tools.Select(tool => tool.Name),
    reserved = reserved.StructuredContent,
    wrong = new { isError = wrong.IsError, text = ((TextContentBlock)wrong.Content[0]).Text },
    map = ((TextResourceContents)map.Contents[0]).Text[..5],
}));
