using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>The entry point of the tool. An error is reported as one line, never as a stack trace.</summary>
internal static class Tool
{
    /// <summary>Runs a command line.</summary>
    public static async Task<int> RunAsync(string[] arguments, Screen screen, CancellationToken cancellationToken = default)
    {
        try
        {
            if (arguments is [var directive, .. var line] && Suggestions.TryShow(screen, directive, line))
            {
                return ExitCode.Success;
            }

            var parsed = Root(screen).Parse(arguments);
            if (parsed.Action is ParseErrorAction && parsed.Errors.Count > 0)
            {
                return await WrongUseAsync(parsed, screen).ConfigureAwait(false);
            }

            if (parsed.Tokens.FirstOrDefault(
                token => token.Type == TokenType.Argument && LocalPath.SchemeOf(token.Value) is not null) is { } url)
            {
                throw new UsageException(CopyOf(url.Value));
            }

            var settings = new InvocationConfiguration
            {
                Output = screen.Output,
                Error = screen.Error,
                EnableDefaultExceptionHandler = false,
            };
            return await parsed.InvokeAsync(settings, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            screen.ClearProgress();
            return Report(screen, exception);
        }
    }

    /// <summary>States how to copy what is at a URL; a query, which may be a credential, is not shown.</summary>
    private static string CopyOf(string url)
    {
        var shown = url.Split('?')[0];
        var copy = LocalPath.SchemeOf(url)!.ToLowerInvariant() switch
        {
            "s3" => $": aws s3 cp '{shown}' . (with --recursive for a folder, such as a sharded checkpoint)",
            "https" or "http" => $", from Azure Blob Storage by: azcopy copy '{shown}' . --recursive",
            _ => string.Empty,
        };
        return $"'{shown}' is a URL, and this tool reads and writes local files. Copy it to a local folder first{copy}.";
    }

    private static async Task<int> WrongUseAsync(ParseResult parsed, Screen screen)
    {
        if (parsed.CommandResult.Command is { Subcommands.Count: 0 })
        {
            // The parser treats an unknown option as a file and reports an error for the next argument.
            if (parsed.Tokens.FirstOrDefault(
                token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal)) is { } unknown)
            {
                return Fail(
                    screen,
                    $"'{parsed.CommandResult.Command.Name}' has no option '{unknown.Value}'; "
                        + $"see 'fulgurite {parsed.CommandResult.Command.Name} --help'.",
                    ExitCode.WrongUse);
            }

            return Fail(
                screen, $"{parsed.Errors[0].Message} See 'fulgurite {parsed.CommandResult.Command.Name} --help'.", ExitCode.WrongUse);
        }

        var root = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var word, ..])
        {
            return Fail(
                screen,
                $"Unknown command '{word}'. Commands: "
                    + $"{string.Join(", ", root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name))}. "
                    + "See 'fulgurite --help'.",
                ExitCode.WrongUse);
        }

        // Without arguments, the help is shown.
        await root.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = screen.Error, Error = screen.Error })
            .ConfigureAwait(false);
        return ExitCode.WrongUse;
    }

    // Not a root command, whose name would be that of the process.
    internal static Command Root(Screen screen)
    {
        return new Command(
            "fulgurite",
            "Inspects, verifies, compares, converts and prunes checkpoints: files of PyTorch, Lightning, TorchSharp modules, safetensors "
                + "and Fulgurite. Code in a file is never executed. Follows, plots and compares runs by their logs: watch, plot, compare, "
                + "serve. Checks the machine: doctor.")
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            new InspectCommand(screen),
            new VerifyCommand(screen),
            new DiffCommand(screen),
            new ConvertCommand(screen),
            new ExtractCommand(screen),
            new ListCommand(screen),
            new PruneCommand(screen),
            new WatchCommand(screen),
            new PlotCommand(screen),
            new CompareCommand(screen),
            new ServeCommand(screen),
            new DoctorCommand(screen),
            new CompletionCommand(screen),
            new LoadCommand(screen),
        };
    }

    private static int Report(Screen screen, Exception exception) => exception switch
    {
        UsageException => Fail(screen, exception.Message, ExitCode.WrongUse),
        CheckpointNotFoundException => Fail(screen, $"{exception.Message} Check the path.", ExitCode.WrongUse),
        CheckpointCorruptException => Fail(screen, exception.Message, ExitCode.Difference),
        CheckpointException => Fail(screen, exception.Message, ExitCode.Failure),
        OperationCanceledException => Fail(
            screen, "Interrupted. Incomplete output was discarded; existing files are unchanged.", ExitCode.Interrupted),
        IOException or UnauthorizedAccessException => Fail(screen, exception.Message, ExitCode.Failure),
        OutOfMemoryException => Fail(
            screen, "Out of memory. Select a part of the file (--only), or use a machine with more memory.", ExitCode.Failure),
        _ => Fail(
            screen,
            $"Unexpected error ({exception.GetType().Name}: {exception.Message}). Please report it with the command line and, if you can, "
                + "the file.",
            ExitCode.Failure),
    };

    private static int Fail(Screen screen, string message, int code)
    {
        screen.Error.WriteLine($"fulgurite: {message.ReplaceLineEndings(" ")}");
        return code;
    }
}

/// <summary>
/// Answers the queries of the scripts of <c>fulgurite completion</c>: <c>fulgurite "[suggest:POSITION]" "LINE"</c>, the protocol of
/// System.CommandLine.
/// </summary>
internal static class Suggestions
{
    private const string Start = "[suggest";

    public static bool TryShow(Screen screen, string directive, IReadOnlyList<string> line)
    {
        if (!directive.StartsWith(Start, StringComparison.Ordinal) || !directive.EndsWith(']'))
        {
            return false;
        }

        var text = string.Join(' ', line);
        var place = int.TryParse(directive.AsSpan(Start.Length).Trim(":]"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? Math.Min(given, text.Length)
            : text.Length;
        foreach (var suggestion in Tool.Root(screen).Parse(text).GetCompletions(place))
        {
            screen.WriteLine(suggestion.Label);
        }

        return true;
    }
}
