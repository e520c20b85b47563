using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace EngineHost;

/// <summary>The two settings that pwsh makes through members which the engine package does not make public.</summary>
internal static class EngineInternals
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>'exit' in a script file ends the file; in the one given to -File it ends the process.</summary>
    public static void LetExitEndTheProcess(Runspace runspace)
    {
        var context = Property(typeof(Runspace), "ExecutionContext").GetValue(runspace)!;
        Property(context.GetType(), "ScriptCommandProcessorShouldRethrowExit").SetValue(context, true);
    }

    /// <summary>Wraps what ended a pipeline so that Out-Default formats it as an error.</summary>
    public static PSObject ForErrorStream(Exception failure)
    {
        var record = (failure as IContainsErrorRecord)?.ErrorRecord
            ?? new ErrorRecord(failure, "PipelineFailed", ErrorCategory.NotSpecified, targetObject: null);
        var wrapped = new PSObject(record);
        var stream = Property(typeof(PSObject), "WriteStream");
        stream.SetValue(wrapped, Enum.Parse(stream.PropertyType, "Error"));
        return wrapped;
    }

    private static PropertyInfo Property(Type type, string name) =>
        type.GetProperty(name, Hidden) ?? throw new MissingMemberException(type.FullName, name);
}
