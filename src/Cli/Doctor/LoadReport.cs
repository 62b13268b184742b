using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>The output of the process that loads the libraries, one line per event, and its exit code.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Errors">Other output: messages of the loader and of the libraries.</param>
/// <param name="Code">The exit code; null if the process was killed after a timeout.</param>
internal sealed record LoadReport(IReadOnlyList<string> Lines, string Errors, int? Code)
{
    public const string Loading = "loading ", Failed = "failed ", Devices = "devices ", Driver = "driver ", NoDriver = "no-driver ", Done = "done";

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
