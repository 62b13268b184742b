using System.Text;
using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>Plots a run once, on the terminal or as a page.</summary>
internal sealed class PlotCommand : Command
{
    private const int DefaultWidth = 100;
    private const int DefaultHeight = 10;

    private readonly Argument<string> _folder = new("folder")
    {
        Description = "The folder or log of a run; of several, the newest. Default: the current folder",
        DefaultValueFactory = _ => ".",
    };
    private readonly Option<string[]> _metrics = new("--metric", "-m")
    {
        Description = "Plot these metrics instead of loss, learning rate, step time and saves",
        HelpName = "name",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Write a self-contained HTML page instead, as HtmlReportLogger does",
        HelpName = "file",
    };
    private readonly Option<bool> _force = new("--force") { Description = "Replace an existing output file" };

    public PlotCommand(Screen screen)
        : base("plot", "Plot a run on the terminal, or write it as an HTML page (--output)")
    {
        Add(_folder);
        Add(_metrics);
        Add(_output);
        Add(_force);
        SetAction(result => Run(result, screen));
    }

    private int Run(ParseResult result, Screen screen)
    {
        var run = RunFolder.Newest(result.GetValue(_folder)!);
        if (result.GetValue(_output) is not { } output)
        {
            screen.Write(RunView.Of(run, result.GetValue(_metrics) ?? [], screen.IsTerminal ? screen.Width : DefaultWidth, DefaultHeight));
            return ExitCode.Success;
        }

        if (File.Exists(output) && !result.GetValue(_force))
        {
            throw new UsageException($"'{output}' exists. Specify another file, or add --force to replace it.");
        }

        FileReplacement.Write(output, file => file.Write(Encoding.UTF8.GetBytes(ReportPage.Of(run.Report))));
        screen.WriteLine($"Wrote {run.Id} to {output}");
        return ExitCode.Success;
    }
}
