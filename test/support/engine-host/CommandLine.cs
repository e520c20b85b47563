using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace EngineHost;

/// <summary>A command line that cannot be run; pwsh ends with the same code.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    public const int ExitCode = 64;
}

/// <summary>What pwsh's command line asks for, as far as tests and scripts need it.</summary>
internal sealed record CommandLine
{
    /// <summary>Full path of the script, or null.</summary>
    public string? File { get; private set; }

    public List<CommandParameter> FileArguments { get; } = [];

    /// <summary>Script text, or null; when <see cref="File"/> is null too, statements come from standard input.</summary>
    public string? Command { get; private set; }

    public bool NonInteractive { get; private set; }

    /// <summary>Windows alone has policies; elsewhere the option is taken and means nothing, as in pwsh.</summary>
    public ExecutionPolicy? ExecutionPolicy { get; private set; }

    public static CommandLine Parse(string[] arguments)
    {
        var line = new CommandLine();
        var rest = new Queue<string>(arguments);
        while (rest.TryPeek(out var argument))
        {
            switch (Switch(argument))
            {
                case "noprofile" or "nologo":
                    rest.Dequeue();
                    break;
                case "noninteractive":
                    rest.Dequeue();
                    line.NonInteractive = true;
                    break;
                case "executionpolicy":
                    rest.Dequeue();
                    line.ExecutionPolicy = Policy(Value(rest, argument));
                    break;
                case "command":
                    rest.Dequeue();
                    line.TakeCommand(Value(rest, argument), rest);
                    return line;
                case "file":
                    rest.Dequeue();
                    line.TakeFile(Value(rest, argument), rest);
                    return line;
                default:
                    line.TakeFile(rest.Dequeue(), rest);
                    return line;
            }
        }

        line.RequireRedirectedInput();
        return line;
    }

    // Full name, shortest prefix that pwsh takes, and its other short name.
    private static readonly (string Name, string Prefix, string? Alias)[] Switches =
    [
        ("command", "c", null),
        ("executionpolicy", "ex", "ep"),
        ("file", "f", null),
        ("nologo", "nol", null),
        ("noninteractive", "noni", null),
        ("noprofile", "nop", null),
    ];

    private static string? Switch(string argument)
    {
        var key = argument.TrimStart('-').ToLowerInvariant();
        return argument.StartsWith('-')
            ? Switches.FirstOrDefault(s => key == s.Alias || (key.StartsWith(s.Prefix) && s.Name.StartsWith(key))).Name
            : null;
    }

    private static string Value(Queue<string> rest, string option) =>
        rest.TryDequeue(out var value) ? value : throw new UsageException($"The option '{option}' needs a value.");

    private static ExecutionPolicy Policy(string name) =>
        Enum.TryParse<ExecutionPolicy>(name, ignoreCase: true, out var policy)
            ? policy
            : throw new UsageException($"'{name}' is no execution policy.");

    private void TakeCommand(string first, Queue<string> rest)
    {
        if (first == "-" && rest.Count == 0)
        {
            RequireRedirectedInput();
            return;
        }

        Command = string.Join(' ', [first, .. rest]);
    }

    private void TakeFile(string path, Queue<string> rest)
    {
        File = Path.GetFullPath(path);
        if (!System.IO.File.Exists(File))
        {
            throw new UsageException(
                $"The argument '{path}' is not recognized: it is no option of this program and no script file is there.");
        }

        while (rest.TryDequeue(out var argument))
        {
            FileArguments.Add(ToParameter(argument, rest));
        }
    }

    // '-Name', '-Name:value', '-Name: value' or a plain value. The engine joins '-Name' with the value that follows it.
    private static CommandParameter ToParameter(string argument, Queue<string> rest)
    {
        if (argument.Length < 2 || argument[0] != '-')
        {
            return new CommandParameter(null, argument);
        }

        var (name, colon, value) = Split(argument);
        return (colon, value) switch
        {
            (false, _) => new CommandParameter(name),
            (true, "") => rest.TryDequeue(out var next) ? new CommandParameter(name, next) : new CommandParameter(name),
            _ => new CommandParameter(name, bool.TryParse(value.TrimStart('$'), out var truth) ? truth : value),
        };
    }

    private static (string Name, bool Colon, string Value) Split(string argument)
    {
        var colon = argument.IndexOf(':');
        return colon < 0 ? (argument, false, "") : (argument[..colon], true, argument[(colon + 1)..]);
    }

    private void RequireRedirectedInput()
    {
        if (!Console.IsInputRedirected)
        {
            throw new UsageException("Give -File or -Command, or redirect standard input to read statements from it.");
        }
    }
}
