using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>Starts this tool in a separate process to load libraries.</summary>
internal static class LoaderProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<LoadReport> RunAsync(NativeFolder? folder, CancellationToken cancellationToken)
    {
        var (program, arguments) = Self();
        var start = new ProcessStartInfo(
            program, [.. arguments, LoadCommand.CommandName, .. folder is null ? Array.Empty<string>() : [Path.GetFullPath(folder.Path)]])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var hasEnded = true;
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            hasEnded = false;
        }

        var lines = (await output.ConfigureAwait(false)).Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new LoadReport(
            lines, (await errors.ConfigureAwait(false)).Trim().ReplaceLineEndings(" "), hasEnded ? process.ExitCode : null);
    }

    // The tool is either an executable (Fulgurite.Cli, fulgurite), or a library run by dotnet or by a test host.
    private static (string Program, string[] Arguments) Self()
    {
        var (process, tool) = (Environment.ProcessPath!, typeof(LoaderProcess).Assembly.GetName().Name!);
        var name = Path.GetFileName(process).Replace(".exe", string.Empty, StringComparison.OrdinalIgnoreCase);
        if (name == tool || name == "fulgurite")
        {
            return (process, []);
        }

        var dotnet = name == "dotnet"
            ? process
            : Path.Combine(
                RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return (dotnet, ["exec", Path.Combine(AppContext.BaseDirectory, $"{tool}.dll")]);
    }
}
