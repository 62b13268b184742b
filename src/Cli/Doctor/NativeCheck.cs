using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>Checks whether TorchSharp's native libraries exist and load.</summary>
internal static class NativeCheck
{
    private const string Name = "native libraries";

    private const string BuildAgain =
        "Delete the file and build again. If that does not help, delete the package from the NuGet cache too ('dotnet nuget locals "
            + "global-packages --list' shows where it is).";

    public static Diagnosis Missing(string output) => new(
        Name,
        Health.Broken,
        $"{output} has no native libraries of TorchSharp for {NativeFolder.Platform}",
        "Specify the output folder of a program (bin/Release/net10.0). The program, not only its libraries, "
            + "must reference TorchSharp-cpu or a CUDA package of TorchSharp.");

    public static Diagnosis Run(NativeFolder folder, LoadReport report) =>
        !folder.HasLibtorch ? new Diagnosis(
            Name, Health.Broken, $"libtorch is missing in {folder.Path}",
            "Reference TorchSharp-cpu or a CUDA package of TorchSharp in the program, and build it.")
        : !File.Exists(folder.TorchSharp)
        ? new Diagnosis(Name, Health.Broken, $"{folder.TorchSharp} is missing", "Build the program again.")
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
                $"{copies.Path} has {Amounts.Bytes(new DirectoryInfo(copies.Path).EnumerateFiles().Sum(file => file.Length))} "
                    + "that TorchSharp copied there when it could not load its library",
                "Delete the folder.")
            : null;
    }

    private static string Remedy(string problem) =>
        Contains(problem, "GLIBCXX_", "CXXABI_") ? "The system's libstdc++ is older than the library needs: see the line 'libstdc++', "
            + "or install the libstdc++6 of GCC 13 or later."
        : Contains(problem, "GLIBC_")
        ? "The system's C library is older than the library needs. Use a newer Linux: Debian 12, Ubuntu 22.04 or later."
        : Contains(problem, "cannot open shared object file")
        ? "Install the library named in the message; if it belongs to TorchSharp, build the program again."
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

/// <summary>The output of the process that loads the libraries, one line per event, and its exit code.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Errors">Other output: messages of the loader and of the libraries.</param>
/// <param name="Code">The exit code; null if the process was killed after a timeout.</param>
internal sealed record LoadReport(IReadOnlyList<string> Lines, string Errors, int? Code)
{
    public const string Loading = "loading ", Failed = "failed ", Devices = "devices ", Driver = "driver ", NoDriver = "no-driver ",
        Done = "done";

    /// <summary>Gets the problem; null if there is none.</summary>
    public string? Problem
    {
        get
        {
            var last = Value(Loading) is { } library ? Path.GetFileName(library) : "the CUDA driver";
            return Value(Failed) is { } failure ? failure
                : Value(Done) is not null ? null
                : Code is null ? $"loading {last} does not return"
                : $"loading {last} ends the process with {Ending}{(Errors.Length > 0 ? $": {Errors}" : string.Empty)}";
        }
    }

    /// <summary>Gets the number of devices that libtorch can use; null if it was not checked.</summary>
    public int? CudaDevices => Value(Devices) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    // Unix shells add 128 to the number of a signal.
    private string Ending => Code switch
    {
        128 + 4 => "SIGILL, an instruction that this processor does not have",
        128 + 6 => "SIGABRT",
        128 + 7 => "SIGBUS, as a truncated file does",
        128 + 11 => "SIGSEGV",
        _ => string.Create(CultureInfo.InvariantCulture, $"code {Code}"),
    };

    /// <summary>Returns the rest of the last line that starts with a prefix.</summary>
    public string? Value(string word) => Lines.LastOrDefault(line => line.StartsWith(word, StringComparison.Ordinal))?[word.Length..];
}
