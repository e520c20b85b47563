using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace EngineHost;

/// <summary>The host object behind $Host.</summary>
internal sealed class Host(bool nonInteractive) : PSHost
{
    /// <summary>The argument of 'exit', or null as long as nothing asked to end.</summary>
    public int? ExitCode { get; private set; }

    // The formatter measures text itself only in hosts of this name; elsewhere it asks RawUI, which knows less.
    public override string Name => "ConsoleHost";

    public override Version Version { get; } = PSVersionInfo.PSVersion;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI { get; } = new HostUI(nonInteractive);

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
