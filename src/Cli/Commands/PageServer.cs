using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Fulgurite.Loggers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Cli;

/// <summary>
/// The page of the runs in a folder, on this machine only. The browser receives the changes as server-sent events; the logs are read while
/// there is a reader.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly RunFolder _folder;
    private readonly Lock _lock = new();
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;

    private PageServer(RunFolder folder, int port, TimeSpan interval, TimeProvider time)
    {
        (_folder, _interval, _time) = (folder, interval, time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));

        // A page of another origin whose name was pointed at this machine has another host name.
        builder.Services.Configure<HostFilteringOptions>(options => options.AllowedHosts = ["127.0.0.1", "localhost"]);
        _application = builder.Build();
        _application.UseHostFiltering();
        _application.MapGet("/", () => Results.Content(ReportPage.OfServer(), "text/html; charset=utf-8"));
        _application.MapGet("/events", (CancellationToken aborted) => TypedResults.ServerSentEvents(Changes(aborted)));
    }

    /// <summary>Gets the address of the page.</summary>
    public Uri Address => new(_application.Urls.Single());

    /// <summary>Starts a server.</summary>
    /// <param name="folder">The runs.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <param name="interval">The time between two readings of the logs.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UsageException">The port is in use, reserved, or not one.</exception>
    public static async Task<PageServer> StartAsync(RunFolder folder, int port, TimeSpan interval, TimeProvider time)
    {
        var server = new PageServer(folder, port, interval, time);
        try
        {
            await server._application.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new UsageException($"Port {port} is in use. Specify another one with --port, or 0 for any free port.");
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ArgumentOutOfRangeException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new UsageException($"Port {port} cannot be used: {exception.Message} Specify another one with --port.");
        }
    }

    /// <summary>Waits until the server is stopped, by the token or by a signal.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _application.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false); // Ends the streams of events, for which disposal would wait.
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private async IAsyncEnumerable<SseItem<string>> Changes([EnumeratorCancellation] CancellationToken aborted)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted, _application.Lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(_interval, _time);
        var changes = new RunChanges();
        do
        {
            string? message;
            lock (_lock)
            {
                _folder.Refresh();
                message = changes.Next(_folder.Runs)?.ToJsonString();
            }

            if (message is not null)
            {
                yield return new SseItem<string>(message);
            }
        }
        while (await Tick(timer, end.Token).ConfigureAwait(false));
    }

    private static async Task<bool> Tick(PeriodicTimer timer, CancellationToken end)
    {
        try
        {
            return await timer.WaitForNextTickAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false; // The page was closed, or the server stops.
        }
    }
}
