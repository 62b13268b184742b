using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>A server of an object store, installed by eng/object-stores.sh; one of a kind for all tests.</summary>
/// <remarks>Without it a test is skipped (inconclusive), except in CI, where it fails.</remarks>
[TestClass]
public static class StoreServer
{
    private static readonly Dictionary<string, (Process Process, Uri Url)> Running = new(StringComparer.Ordinal);
    private static readonly string Data = Directory.CreateTempSubdirectory("fulgurite-stores").FullName;

    /// <summary>Starts a server if needed, and returns its URL.</summary>
    /// <param name="kind">moto, s3rver or azurite.</param>
    public static Uri Start(string kind)
    {
        if (!Running.TryGetValue(kind, out var running))
        {
            Running[kind] = running = Launch(kind);
        }

        return running.Url;
    }

    [AssemblyCleanup]
    public static void Stop()
    {
        foreach (var (process, _) in Running.Values)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(Data, recursive: true);
    }

    private static (Process Process, Uri Url) Launch(string kind)
    {
        var port = FreePort();
        var folder = Path.Combine(Data, kind);
        var (program, arguments, ready) = kind switch
        {
            "moto" => ("python/bin/python", $"-m moto.server -H 127.0.0.1 -p {port}", "Running on"),
            "s3rver" => ("node_modules/.bin/s3rver", $"-a 127.0.0.1 -p {port} -d {folder} --configure-bucket bucket", "istening"),
            _ => (
                "node_modules/.bin/azurite-blob",
                $"--blobHost 127.0.0.1 --blobPort {port} --location {folder} --skipApiVersionCheck --disableTelemetry",
                "successfully listens"),
        };
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        var isReady = new TaskCompletionSource();
        void Look(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.Contains(ready, StringComparison.Ordinal) == true)
            {
                isReady.TrySetResult();
            }
        }

        process.OutputDataReceived += Look;
        process.ErrorDataReceived += Look;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.IsTrue(isReady.Task.Wait(TimeSpan.FromMinutes(1)), $"{kind} did not start.");
        return (process, new Uri($"http://127.0.0.1:{port}/"));
    }

    private static string Find(string program)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "artifacts", "objects", program);
            if (File.Exists(path))
            {
                return path;
            }
        }

        const string remedy = "The server is not installed. Run eng/object-stores.sh.";
        // npm has the others; moto comes from PyPI, which not every network reaches.
        if (!program.StartsWith("python/", StringComparison.Ordinal)
            && string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal))
        {
            Assert.Fail(remedy);
        }

        Assert.Inconclusive(remedy);
        return remedy;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
