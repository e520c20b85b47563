using System;
using System.Runtime.InteropServices;

// .NET's own way to run something first in a program that does not know of it: DOTNET_STARTUP_HOOKS names this assembly.
internal static class StartupHook
{
    public static void Initialize() => NativeLibrary.Load(
        Environment.GetEnvironmentVariable("LAB_KERNEL") ?? throw new InvalidOperationException("LAB_KERNEL is not set."));
}
