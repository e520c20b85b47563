using System.Management.Automation.Host;

namespace EngineHost;

/// <summary>The size of the terminal; what a terminal can do besides, no script under test asks for.</summary>
internal sealed class HostRawUI : PSHostRawUserInterface
{
    // What pwsh formats for when its output is no terminal.
    private const int RedirectedWidth = 120;
    private const int RedirectedHeight = 50;

    private readonly Size size = new(
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), out var columns) && columns > 0 ? columns
            : Console.IsOutputRedirected ? RedirectedWidth : Console.WindowWidth,
        Console.IsOutputRedirected ? RedirectedHeight : Console.WindowHeight);

    public override Size BufferSize { get => size; set => throw Unsupported(); }

    public override Size WindowSize { get => size; set => throw Unsupported(); }

    public override Size MaxWindowSize => size;

    public override Size MaxPhysicalWindowSize => size;

    public override Coordinates WindowPosition { get; set; }

    public override Coordinates CursorPosition { get; set; }

    public override int CursorSize { get; set; }

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override string WindowTitle { get; set; } = "";

    public override bool KeyAvailable => false;

    public override void FlushInputBuffer()
    {
    }

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw Unsupported();

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw Unsupported();

    public override void ScrollBufferContents(
        Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Unsupported();

    private static NotSupportedException Unsupported() => new("This host has no control over the terminal.");
}
