namespace Fulgurite.Cli;

/// <summary>Serves a page that follows runs.</summary>
internal sealed class ServeCommand : Command
{
    private const int DefaultPort = 6060;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _folder = new("folder")
    {
        Description = "The folder of a run, or of several. Default: the current folder",
        DefaultValueFactory = _ => ".",
    };
    private readonly Option<int> _port = new("--port", "-p")
    {
        Description = "The port on 127.0.0.1; 0 for any free port",
        DefaultValueFactory = _ => DefaultPort,
    };

    public ServeCommand(Screen screen)
        : base(
            "serve",
            "Follow runs in a browser on this machine: curves, checkpoints with their cost, hyper-parameters, and comparison; "
                + "Ctrl-C stops it")
    {
        Add(_folder);
        Add(_port);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var path = result.GetValue(_folder)!;
        var folder = new RunFolder(path);
        folder.Refresh();
        var count = folder.Runs.Count();
        var server = await PageServer.StartAsync(folder, result.GetValue(_port), Interval, screen.Time).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            screen.WriteLine(
                $"Following {Amounts.Count(count, "run")} in {Path.GetFullPath(path)} at {server.Address} (Ctrl-C stops)");
            screen.Output.Flush();
            await server.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }
}
