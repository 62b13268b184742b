using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>The process of a server of an object store, installed by eng/object-stores.sh.</summary>
public sealed class StoreProcess : IDisposable
{
    private readonly Process _process;

    private StoreProcess(Process process, Uri url) => (_process, Url) = (process, url);

    /// <summary>Gets the URL of the server.</summary>
    public Uri Url { get; }

    /// <summary>Starts a server, and waits until it is ready.</summary>
    /// <param name="kind">moto, s3rver or azurite.</param>
    /// <param name="folder">The folder of its data.</param>
    /// <returns>The server; null if it is not installed.</returns>
    /// <exception cref="TimeoutException">It did not start within a minute.</exception>
    public static StoreProcess? TryStart(string kind, string folder)
    {
        var port = FreePort();
        var (program, arguments, ready) = kind switch
        {
            "moto" => ("python/bin/python", $"-m moto.server -H 127.0.0.1 -p {port}", "Running on"),
            "s3rver" => ("node_modules/.bin/s3rver", $"-a 127.0.0.1 -p {port} -d {folder} --configure-bucket bucket", "istening"),
            _ => (
                "node_modules/.bin/azurite-blob",
                $"--blobHost 127.0.0.1 --blobPort {port} --location {folder} --skipApiVersionCheck --disableTelemetry",
                "successfully listens"),
        };
        if (Find(program) is not { } path)
        {
            return null;
        }

        var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
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
        var started = new StoreProcess(process, new Uri($"http://127.0.0.1:{port}/"));
        if (!isReady.Task.Wait(TimeSpan.FromMinutes(1)))
        {
            started.Dispose();
            throw new TimeoutException($"{kind} did not start within a minute.");
        }

        return started;
    }

    /// <summary>Ends the server.</summary>
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string? Find(string program)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "artifacts", "objects", program);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
