using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>What the process that loads the libraries reported, a line an event, and how it ended.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Errors">What else was printed: messages of the loader and of the libraries.</param>
/// <param name="Code">Its exit code; null if it was ended because it took too long.</param>
internal sealed record LoadReport(IReadOnlyList<string> Lines, string Errors, int? Code)
{
    public const string Loading = "loading ", Failed = "failed ", Devices = "devices ", Driver = "driver ", NoDriver = "no-driver ", Done = "done";

    /// <summary>Gets what is wrong; null for nothing.</summary>
    public string? Problem
    {
        get
        {
            var last = Value(Loading) is { } library ? Path.GetFileName(library) : "the CUDA driver";
            return Value(Failed) is { } failure ? failure
                : Value(Done) is not null ? null
                : Code is null ? $"loading {last} does not end"
                : $"loading {last} ends the process with {Ending}{(Errors.Length > 0 ? $": {Errors}" : string.Empty)}";
        }
    }

    /// <summary>Gets how many devices libtorch can use; null if it was not asked.</summary>
    public int? CudaDevices => Value(Devices) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    // Unix adds 128 to the number of a signal.
    private string Ending => Code switch
    {
        128 + 4 => "SIGILL, an instruction that this processor does not have",
        128 + 6 => "SIGABRT",
        128 + 7 => "SIGBUS, as a truncated file does",
        128 + 11 => "SIGSEGV",
        _ => string.Create(CultureInfo.InvariantCulture, $"code {Code}"),
    };

    /// <summary>Returns the rest of the last line that begins with a word.</summary>
    public string? Value(string word) => Lines.LastOrDefault(line => line.StartsWith(word, StringComparison.Ordinal))?[word.Length..];
}
