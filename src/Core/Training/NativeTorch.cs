using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Loads the native libraries of TorchSharp, which reports every failure as a missing package, and finds the cause.</summary>
internal static class NativeTorch
{
    private static string FileName =>
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";

    /// <summary>Loads the libraries, unless that has been done.</summary>
    /// <exception cref="DllNotFoundException">They cannot be loaded. The message states the cause and the remedy.</exception>
    public static void Load()
    {
        try
        {
            TryInitializeDeviceType(TorchSharp.DeviceType.CPU);
        }
        catch (TypeInitializationException exception)
        {
            var cause = Explain(AppContext.BaseDirectory, RuntimeInformation.RuntimeIdentifier, LoaderError);
            throw cause is null
                ? new DllNotFoundException("TorchSharp's native library cannot be loaded.", exception)
                : new DllNotFoundException(cause);
        }
    }

    /// <summary>Returns the cause and the remedy; null if the library loads.</summary>
    /// <param name="directory">The folder of the program.</param>
    /// <param name="runtime">The runtime identifier, such as <c>linux-x64</c>.</param>
    /// <param name="load">Loads a file and returns the error of the loader, or null.</param>
    internal static string? Explain(string directory, string runtime, Func<string, string?> load)
    {
        var file = ((string[])[directory, Path.Combine(directory, "runtimes", runtime, "native")])
            .Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(Path.Exists);
        if (file is null)
        {
            return $"TorchSharp's native library {FileName} is not in '{directory}'. Reference a TorchSharp package with libtorch for "
                + $"{runtime}, e.g. dotnet add package TorchSharp-cpu.";
        }

        return load(file) is not { } error ? null
            : $"TorchSharp's native library cannot be loaded: {error}\n"
                + (error.Contains("GLIBCXX_", StringComparison.Ordinal)
                    ? "The system's libstdc++ is older than that of GCC 13. Adapt the library to it once after each clean build:\n"
                    : "Find the cause and the remedy:\n")
                + "  dotnet tool install --global Fulgurite.Cli\n"
                + $"  fulgurite doctor \"{Path.TrimEndingDirectorySeparator(directory)}\""
                + (error.Contains("GLIBCXX_", StringComparison.Ordinal) ? " --fix" : string.Empty);
    }

    /// <summary>Returns the line of the loader: on Unix, the runtime puts general advice before it and further names after it.</summary>
    internal static string CauseOf(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Array.Find(lines, line => line.Contains("GLIBCXX_", StringComparison.Ordinal)) ?? lines.ElementAtOrDefault(1) ?? lines[0];
    }

    private static string? LoaderError(string file)
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(file));
            return null;
        }
        catch (DllNotFoundException exception)
        {
            return CauseOf(exception.Message);
        }
    }
}
