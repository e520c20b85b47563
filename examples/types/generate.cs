#:package NJsonSchema.CodeGeneration.CSharp@11.6.2
#:property PublishAot=false
// Types in C# for all of PortReservation's protocol, by NJsonSchema: dotnet run --file generate.cs protocol.schema.json Contract.cs
using System.Text.Json.Nodes;
using NJsonSchema;
using NJsonSchema.CodeGeneration.CSharp;

var contract = JsonNode.Parse(File.ReadAllText(args[0]))!;
var types = contract["$defs"]!.AsObject();
var unions = types.Where(type => type.Value!["oneOf"] is not null).Select(type => type.Key).ToList();
foreach (var name in unions) types.Remove(name);
// NJsonSchema finds types by the older name alone.
var text = contract.ToJsonString().Replace("$defs", "definitions");
// It has no types for one of several: those are objects, which take what is put in, such as "tcp".
foreach (var name in unions) text = text.Replace($"\"$ref\":\"#/definitions/{name}\"", $"\"x-type\":\"{name}\"");
var schema = await JsonSchema.FromJsonAsync(text);
// Newtonsoft's converter writes words of an enumeration as the contract has them; that of System.Text.Json does not.
var settings = new CSharpGeneratorSettings
{
    Namespace = "Contract",
    JsonLibrary = CSharpJsonLibrary.NewtonsoftJson,
    GenerateNullableReferenceTypes = true,
    GenerateOptionalPropertiesAsNullable = true,
};
var resolver = new CSharpTypeResolver(settings);
resolver.RegisterSchemaDefinitions(schema.Definitions);
File.WriteAllText(args[1], new CSharpGenerator(schema, settings, resolver).GenerateFile());
