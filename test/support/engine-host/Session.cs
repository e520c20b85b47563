using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;

namespace EngineHost;

/// <summary>One runspace and the pipelines run in it, one after the other.</summary>
internal sealed class Session : IDisposable
{
    private readonly Host host;
    private readonly Runspace runspace;
    private readonly object gate = new();
    private Pipeline? running;

    private Session(CommandLine line)
    {
        host = new Host(line.NonInteractive);
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows() && line.ExecutionPolicy is { } policy)
        {
            state.ExecutionPolicy = policy;
        }

        runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
    }

    /// <summary>Runs what the command line asks for and returns the exit code pwsh would give.</summary>
    public static int Run(CommandLine line)
    {
        using var session = new Session(line);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            session.Stop();
        });

        var failure = line switch
        {
            { File: { } file } => session.RunFile(file, line.FileArguments),
            { Command: { } command } => session.RunText(command),
            _ => session.RunInput(),
        };
        return session.host.ExitCode ?? session.CodeOf(line, failure);
    }

    public void Dispose() => runspace.Dispose();

    private Exception? RunFile(string file, List<CommandParameter> arguments)
    {
        var isScript = file.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase);
        var command = isScript
            ? new Command(file, isScript: false, useLocalScope: false)
            : new Command(File.ReadAllText(file), isScript: true, useLocalScope: false);
        arguments.ForEach(command.Parameters.Add);
        EngineInternals.LetExitEndTheProcess(runspace);
        var pipeline = runspace.CreatePipeline();
        pipeline.Commands.Add(command);
        return Report(Execute(pipeline, Parser.ParseFile(file, out _, out _)));
    }

    private Exception? RunText(string text) => Report(Execute(Statement(text), Parser.ParseInput(text, out _, out _)));

    // Line by line, as pwsh does with '-Command -': what is not complete on its line goes on up to an empty one.
    private Exception? RunInput()
    {
        var block = "";
        while (host.ExitCode is null && Console.In.ReadLine() is { } line)
        {
            var blank = string.IsNullOrWhiteSpace(line);
            if (block != "" && !blank)
            {
                block += "\n" + line;
                continue;
            }

            var text = blank ? block : line;
            block = "";
            var failure = text == "" ? null : Execute(Statement(text));
            if (failure is IncompleteParseException && !blank)
            {
                block = text;
                continue;
            }

            Report(failure);
        }

        return null;
    }

    // The engine keeps $? of those pipelines only that go into the history.
    private Pipeline Statement(string text) => runspace.CreatePipeline(text, addToHistory: true);

    /// <returns>What ended the pipeline early, or null; being stopped is no failure.</returns>
    private Exception? Execute(Pipeline pipeline, Ast? reader = null)
    {
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        lock (gate) { running = pipeline; }
        try
        {
            pipeline.Invoke(ReadsInput(reader) ? InputLines() : null);
            return null;
        }
        catch (Exception e) when (e is PipelineStoppedException or InvalidPipelineStateException)
        {
            return null; // the latter when Ctrl+C came before its start
        }
        catch (RuntimeException e)
        {
            return e;
        }
        finally
        {
            lock (gate) { running = null; } // not disposed of: its stopping may still be under way in another thread
        }
    }

    private static bool ReadsInput(Ast? ast) =>
        Console.IsInputRedirected
        && ast?.Find(a => a is VariableExpressionAst { VariablePath.UserPath: var name }
            && name.Equals("input", StringComparison.OrdinalIgnoreCase), searchNestedScriptBlocks: false) is not null;

    private static IEnumerable<string> InputLines()
    {
        while (Console.In.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private Exception? Report(Exception? failure)
    {
        if (failure is IncompleteParseException)
        {
            // It knows no position in the text, and the engine's error view shows nothing without one.
            host.UI.WriteErrorLine($"ParserError: {failure.Message}");
        }
        else if (failure is not null)
        {
            using var pipeline = runspace.CreatePipeline();
            pipeline.Commands.Add("Out-Default");
            pipeline.Invoke(new[] { EngineInternals.ForErrorStream(failure) });
        }

        return failure;
    }

    private int CodeOf(CommandLine line, Exception? failure)
    {
        if (failure is not null)
        {
            return 1;
        }

        using var pipeline = runspace.CreatePipeline("$global:?");
        return LanguagePrimitives.IsTrue(pipeline.Invoke()[0]) ? 0 : 1;
    }

    private void Stop()
    {
        lock (gate) { running?.StopAsync(); }
    }
}
