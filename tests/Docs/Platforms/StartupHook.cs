using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

/// <summary>
/// Runs before the main method of a program that is started with <c>DOTNET_STARTUP_HOOKS</c>: disables the calls of the operating system,
/// and refuses each one that Fulgurite still makes.
/// </summary>
[SuppressMessage("Design", "MA0047:Declare types in namespaces", Justification = "The runtime finds it by this name alone.")]
internal static class StartupHook
{
    /// <summary>The variable that leaves the calls enabled, so that the first one is refused.</summary>
    public const string KeepCalls = "FULGURITE_TEST_KEEP_CALLS";

    /// <summary>Called by the runtime.</summary>
    public static void Initialize()
    {
        AppContext.SetSwitch("Fulgurite.NativeCalls", Environment.GetEnvironmentVariable(KeepCalls) is not null);
        AppContext.SetSwitch("Fulgurite.ReproducibleKernels", false);
        AppDomain.CurrentDomain.AssemblyLoad += (_, arguments) =>
        {
            if (arguments.LoadedAssembly.GetName().Name?.StartsWith("Fulgurite", StringComparison.OrdinalIgnoreCase) == true)
            {
                NativeLibrary.SetDllImportResolver(arguments.LoadedAssembly, Resolve);
            }
        };
    }

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath) =>
        library is "libc" or "kernel32"
            ? throw new DllNotFoundException($"{assembly.GetName().Name} calls {library}, which this test refuses.")
            : 0;
}
