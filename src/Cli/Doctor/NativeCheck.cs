namespace Fulgurite.Cli;

/// <summary>Checks whether TorchSharp's native libraries exist and load.</summary>
internal static class NativeCheck
{
    private const string Name = "native libraries";

    private const string BuildAgain =
        "Delete the file and build again. If that does not help, delete the package from the NuGet cache too ('dotnet nuget locals global-packages --list' shows where it is).";

    public static Diagnosis Missing(string output) => new(
        Name,
        Health.Broken,
        $"{output} has no native libraries of TorchSharp for {NativeFolder.Platform}",
        "Specify the output folder of a program (bin/Release/net10.0). The program, not only its libraries, must reference TorchSharp-cpu or a CUDA package of TorchSharp.");

    public static Diagnosis Run(NativeFolder folder, LoadReport report) =>
        !folder.HasLibtorch ? new Diagnosis(Name, Health.Broken, $"libtorch is missing in {folder.Path}", "Reference TorchSharp-cpu or a CUDA package of TorchSharp in the program, and build it.")
        : !File.Exists(folder.TorchSharp) ? new Diagnosis(Name, Health.Broken, $"{folder.TorchSharp} is missing", "Build the program again.")
        : report.Problem is { } problem ? new Diagnosis(Name, Health.Broken, problem, Remedy(problem))
        : new Diagnosis(Name, Health.Ok, $"{string.Join(", ", folder.Libraries.Select(Path.GetFileName))} load from {folder.Path}");

    /// <summary>
    /// Returns a note about the copies that TorchSharp leaves behind if its library does not load; null if there are none.
    /// </summary>
    public static Diagnosis? Copies(string output)
    {
        var copies = new NativeFolder(Path.Combine(output, "cpu"));
        return Directory.Exists(copies.Path) && copies.HasLibtorch
            ? new Diagnosis(
                "copies",
                Health.Note,
                $"{copies.Path} has {Amounts.Bytes(new DirectoryInfo(copies.Path).EnumerateFiles().Sum(file => file.Length))} that TorchSharp copied there when it could not load its library",
                "Delete the folder.")
            : null;
    }

    private static string Remedy(string problem) =>
        Contains(problem, "GLIBCXX_", "CXXABI_") ? "The system's libstdc++ is older than the library needs: see the line 'libstdc++', or install the libstdc++6 of GCC 13 or later."
        : Contains(problem, "GLIBC_") ? "The system's C library is older than the library needs. Use a newer Linux: Debian 12, Ubuntu 22.04 or later."
        : Contains(problem, "cannot open shared object file") ? "Install the library named in the message; if it belongs to TorchSharp, build the program again."
        : BuildAgain;

    private static bool Contains(string text, params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            if (text.Contains(part, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
