using System.Text;
using EngineHost;

// Where the output goes to a console in another code page, this moves the console over, too. UTF-8 without a BOM.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.InputEncoding = Console.OutputEncoding;

try
{
    return Session.Run(CommandLine.Parse(args));
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return UsageException.ExitCode;
}
