using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Follows a run on a terminal.</summary>
internal sealed class WatchCommand : Command
{
    private const int Margin = 4;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _folder = new("folder")
    {
        Description = "The folder of a run; of several, the newest. Default: the current folder",
        DefaultValueFactory = _ => ".",
    };

    public WatchCommand(Screen screen)
        : base("watch", "Follow a run on the terminal: loss, learning rate, step time, saves; until the run ends or Ctrl-C")
    {
        Add(_folder);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        if (!screen.IsTerminal)
        {
            throw new UsageException("'watch' draws on a terminal, and the output is not one. Use 'fulgurite plot' for a file or a pipe.");
        }

        var run = RunFolder.Newest(result.GetValue(_folder)!);
        var height = Math.Clamp((screen.Height - Margin) / 2, 6, 16) - 2;
        var console = screen.NewConsole(screen.Output, isLive: true);
        await console.Live(RunView.Of(run, [], screen.Width, height)).StartAsync(async live =>
        {
            live.Refresh();
            using var timer = new PeriodicTimer(Interval, screen.Time);
            while (run.Report.Status is Loggers.RunReport.Running or CsvLog.UnknownStatus
                && await NextAsync(timer, cancellationToken).ConfigureAwait(false))
            {
                run.Refresh();
                live.UpdateTarget(RunView.Of(run, [], screen.Width, height));
            }
        }).ConfigureAwait(false);
        return ExitCode.Success;
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false; // Ctrl-C is the usual end.
        }
    }
}
