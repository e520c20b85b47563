using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace EngineHost;

/// <summary>Output as pwsh writes it: errors to standard error, every other stream to standard output.</summary>
internal sealed class HostUI(bool nonInteractive) : PSHostUserInterface
{
    public override PSHostRawUserInterface RawUI { get; } = new HostRawUI();

    public override bool SupportsVirtualTerminal { get; } =
        !Console.IsOutputRedirected && !OperatingSystem.IsWindows()
        && Environment.GetEnvironmentVariable("NO_COLOR") is null
        && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    public override void Write(string value) => Console.Out.Write(GetOutputString(value, SupportsVirtualTerminal));

    public override void WriteLine(string value) => Console.Out.WriteLine(GetOutputString(value, SupportsVirtualTerminal));

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteErrorLine(string value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Console.Error.WriteLine(Console.IsErrorRedirected ? Plain(value) : value);
        }
    }

    public override void WriteWarningLine(string message) =>
        WriteMessage(PSStyle.Instance.Formatting.Warning, $"WARNING: {message}");

    public override void WriteVerboseLine(string message) =>
        WriteMessage(PSStyle.Instance.Formatting.Verbose, $"VERBOSE: {message}");

    public override void WriteDebugLine(string message) =>
        WriteMessage(PSStyle.Instance.Formatting.Debug, $"DEBUG: {message}");

    // pwsh shows progress on a terminal only; a test never reads one.
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
    }

    public override string ReadLine()
    {
        RequireInteractive();
        return Console.In.ReadLine() ?? throw new HostException("Standard input ended where an answer was needed.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        foreach (var character in ReadLine())
        {
            secret.AppendChar(character);
        }

        return secret;
    }

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequireInteractive();
        WriteLine(caption);
        WriteLine(message);
        var keys = choices.Select(Key).ToList();
        while (true)
        {
            var menu = choices.Select((choice, i) => $"[{keys[i]}] {choice.Label.Replace("&", "")}");
            Write($"{string.Join("  ", menu)} (default is \"{keys[defaultChoice]}\"): ");
            var answer = ReadLine().Trim();
            var chosen = answer == "" ? defaultChoice : keys.FindIndex(key => key.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        RequireInteractive();
        WriteLine(caption);
        WriteLine(message);
        return descriptions.ToDictionary(field => field.Name, field =>
        {
            Write($"{field.Name}: ");
            return PSObject.AsPSObject(ReadLine());
        });
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new HostException("This host cannot ask for credentials.");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName,
        PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        PromptForCredential(caption, message, userName, targetName);

    private static string Key(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&');
        return mark < 0 || mark + 1 == choice.Label.Length ? choice.Label : choice.Label[mark + 1].ToString().ToUpperInvariant();
    }

    private static string Plain(string value) => new StringDecorated(value).ToString(OutputRendering.PlainText);

    private void WriteMessage(string style, string text) =>
        WriteLine(SupportsVirtualTerminal ? style + text + PSStyle.Instance.Reset : text);

    private void RequireInteractive()
    {
        if (nonInteractive)
        {
            throw new PSInvalidOperationException(
                "PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.");
        }
    }
}
