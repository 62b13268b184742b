using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Measuring;

/// <summary>
/// A script of <c>bench/peers</c> in Python's torch, kept running: it is sent a line and answers with a line of JSON, so that its
/// measurements take turns with ours.
/// </summary>
internal sealed class PythonPeer : IDisposable
{
    private readonly Process _process;

    private PythonPeer(Process process) => _process = process;

    /// <summary>Starts a peer.</summary>
    /// <param name="script">The file name in <c>bench/peers</c>.</param>
    /// <param name="missing">Why there is none.</param>
    /// <param name="arguments">What the script is given.</param>
    public static PythonPeer? TryStart(string script, out string? missing, params string[] arguments)
    {
        var python = Environment.GetEnvironmentVariable("FULGURITE_PYTHON") ?? "/usr/bin/python3";
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "peers", script), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            missing = $"{python}: {exception.Message}";
            return null;
        }

        // The script says that it is ready once torch is imported.
        if (process?.StandardOutput.ReadLine() is not { } ready)
        {
            missing = $"{python} {script} ended at its start; does it have torch?";
            process?.Dispose();
            return null;
        }

        missing = null;
        Version = ready;
        return new PythonPeer(process);
    }

    /// <summary>What the last peer that started calls itself.</summary>
    public static string Version { get; private set; } = string.Empty;

    /// <summary>What this machine's torch in Python calls itself; null where there is none.</summary>
    /// <param name="missing">Why there is none.</param>
    public static string? Find(out string? missing)
    {
        using var peer = TryStart("loop.py", out missing, "1", "1");
        return peer is null ? null : Version;
    }

    /// <summary>Sends a line and waits for the answer.</summary>
    public JsonObject Ask(FormattableString request)
    {
        _process.StandardInput.WriteLine(request.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
        var answer = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"The Python peer ended while it was asked for '{request}'; what it said is above.");
        return JsonNode.Parse(answer)!.AsObject();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
