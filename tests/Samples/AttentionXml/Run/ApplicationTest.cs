using System.Diagnostics;
using AttentionXml.Run;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>Runs the program in this process, on a small data set in a folder of its own.</summary>
public abstract class ApplicationTest : IDisposable
{
    private protected ApplicationTest() => TinyDataset.Write(Folder);

    private protected TemporaryFolder Folder { get; } = new();

    private protected string Runs => Folder.File("runs");

    private protected StringWriter Output { get; private set; } = new();

    private protected StringWriter Error { get; private set; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs it with exactly these arguments; gives the exit code.</summary>
    private protected int RunPlain(params string[] arguments) => Run(new TerminationSignals(), arguments);

    /// <summary>Runs it on the small data set, with these arguments besides or instead.</summary>
    private protected int RunTiny(params string[] arguments) => RunPlain(TinyArguments(arguments));

    /// <summary>Starts it as a process of its own on the small data set.</summary>
    private protected Process StartTiny(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "AttentionXml.dll"), .. TinyArguments(arguments)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private protected string[] TinyArguments(params string[] arguments)
    {
        string[] usual = ["--data", Folder.Path, "--output", Runs, .. TinyDataset.Sizes];
        return [.. usual.Chunk(2).Where(option => !arguments.Contains(option[0])).SelectMany(option => option), .. arguments];
    }

    private protected int Run(TerminationSignals signals, params string[] arguments) => Run(signals, new StringWriter(), arguments);

    /// <summary>Runs it with an output of the test's own.</summary>
    private protected int Run(TerminationSignals signals, StringWriter output, params string[] arguments)
    {
        (Output, Error) = (output, new StringWriter());
        using (signals)
        {
            return new Application(new Screen(Output, Error, Columns: null)).RunAsync(arguments, signals).GetAwaiter().GetResult();
        }
    }

    private protected string[] Checkpoints() =>
        Directory.Exists(Runs) ? [.. Directory.GetFiles(Runs).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];
}
