// Reads documents into the generated types and writes them again: lines of a type, a tab and JSON.
using var input = new StreamReader(Console.OpenStandardInput());
using var output = new StreamWriter(Console.OpenStandardOutput());
while (input.ReadLine() is { } line)
{
    var (kind, text) = (line.Split('\t')[0], line.Split('\t')[1]);
#if NJSONSCHEMA
    var type = Type.GetType($"Contract.{kind}")!;
    var value = Newtonsoft.Json.JsonConvert.DeserializeObject(text, type);
    output.WriteLine(Newtonsoft.Json.JsonConvert.SerializeObject(value));
#else
    var type = Type.GetType($"PortReservation.{kind}")!;
    var value = System.Text.Json.JsonSerializer.Deserialize(text, type, PortReservation.Converter.Settings);
    output.WriteLine(System.Text.Json.JsonSerializer.Serialize(value, type, PortReservation.Converter.Settings));
#endif
}
