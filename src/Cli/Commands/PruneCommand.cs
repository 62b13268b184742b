using System.Globalization;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Removes checkpoints of runs by rules; previews the result first.</summary>
internal sealed class PruneCommand : Command
{
    private readonly Argument<string[]> _folders = new("folder")
    {
        Description = "Folders of runs. Each folder with checkpoints is a separate run",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<int?> _best = Count<int?>("--keep-best", "Keep the best N by score");
    private readonly Option<int?> _newest = Count<int?>("--keep-last", "Keep the newest N by step");
    private readonly Option<long?> _every = Count<long?>("--keep-every", "Keep those whose step is a multiple of N");
    private readonly Option<string?> _younger = new("--keep-newer-than")
    {
        Description = "Keep those written within this time: 90m, 12h, 7d",
        HelpName = "time",
    };
    private readonly Option<string?> _mode = new("--mode")
    {
        Description = "Whether smaller (min) or larger (max) scores are better. Default: the mode of the run",
        HelpName = "min|max",
    };
    private readonly Option<bool> _damaged = new("--damaged") { Description = "Also remove damaged files, if a valid checkpoint remains" };
    private readonly Option<bool> _yes = new("--yes", "-y")
    {
        Description = "Remove the checkpoints; without this option nothing is removed",
    };
    private readonly Option<bool> _json = CommonOptions.Json();

    public PruneCommand(Screen screen)
        : base(
            "prune",
            "Remove checkpoints of a run that no rule keeps; lists them, and removes them with --yes. "
                + "The newest valid one and the best are always kept")
    {
        _mode.AcceptOnlyFromAmong("min", "max");
        Add(_folders);
        Add(_best);
        Add(_newest);
        Add(_every);
        Add(_younger);
        Add(_mode);
        Add(_damaged);
        Add(_yes);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private static Option<T> Count<T>(string name, string description)
    {
        var option = new Option<T>(name) { Description = description, HelpName = "n" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(
                long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                    && value is > 0 and <= int.MaxValue))
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; specify an integer of 1 or more.");
            }
        });
        return option;
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var policy = new PrunePolicy
        {
            Best = result.GetValue(_best),
            Newest = result.GetValue(_newest),
            EveryNSteps = result.GetValue(_every),
            Younger = result.GetValue(_younger) is { } text ? ParseAge(text) : null,
            LargerIsBetter = result.GetValue(_mode) is { } mode ? mode == "max" : null,
            RemoveDamaged = result.GetValue(_damaged),
        };
        if (policy.IsEmpty)
        {
            throw new UsageException(
                "No rule was specified. Add --keep-best 3, --keep-last 2, --keep-every 1000, --keep-newer-than 7d or --damaged, "
                    + "or a combination.");
        }

        // Everything is verified first: damage must be detected before an older checkpoint is removed.
        var checkpoints = await RunListing
            .ReadAsync(result.GetValue(_folders)!.SelectMany(CheckpointFolder.Expand), verify: true, screen, cancellationToken)
            .ConfigureAwait(false);
        var now = screen.Time.GetUtcNow().UtcDateTime;
        var decisions = checkpoints.GroupBy(checkpoint => Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path)), StringComparer.Ordinal)
            .SelectMany(run => policy.Decide([.. run], now))
            .ToList();
        var isReal = result.GetValue(_yes);
        if (isReal)
        {
            decisions = await RemoveAsync(decisions, screen, cancellationToken).ConfigureAwait(false);
        }

        var removed = decisions.Where(decision => decision.KeptAs is null).Select(decision => decision.Checkpoint).ToList();

        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject
            {
                ["removed"] = isReal,
                ["bytes"] = removed.Sum(checkpoint => checkpoint.Bytes),
                ["remove"] = new JsonArray([.. removed.Select(checkpoint => (JsonNode)checkpoint.Path)]),
                ["keep"] = new JsonArray(
                    [
                        .. decisions.Where(decision => decision.KeptAs is not null).Select(
                            decision => new JsonObject { ["file"] = decision.Checkpoint.Path, ["as"] = decision.KeptAs }),
                    ]),
            });
            return ExitCode.Success;
        }

        Show(screen, decisions);
        screen.WriteLine();
        var size = $"{Amounts.Count(removed.Count, "file")}, {Amounts.Bytes(removed.Sum(checkpoint => checkpoint.Bytes))}";
        screen.WriteLine(
            removed.Count == 0 ? "Nothing to remove."
                : isReal ? $"Removed: {size}."
                : $"Would remove: {size}. Nothing was removed; add --yes to remove them.");
        return ExitCode.Success;
    }

    /// <summary>Removes checkpoints, but not those that a run has replaced since they were listed.</summary>
    /// <returns>The decisions, with the reason to keep the latter.</returns>
    private static async Task<List<(ListedCheckpoint Checkpoint, string? KeptAs)>> RemoveAsync(
        List<(ListedCheckpoint Checkpoint, string? KeptAs)> decisions, Screen screen, CancellationToken cancellationToken)
    {
        var made = new List<(ListedCheckpoint Checkpoint, string? KeptAs)>();
        // It also removes the files of chains that only the removed checkpoints need.
        var files = new IncrementalCheckpointIO();
        await using var filesEnd = files.ConfigureAwait(false);
        var folders = new ShardedCheckpointIO();
        await using var foldersEnd = folders.ConfigureAwait(false);
        foreach (var (checkpoint, keptAs) in decisions)
        {
            var isUnchanged = keptAs is not null
                || await RunListing.IsUnchangedAsync(checkpoint, screen, cancellationToken).ConfigureAwait(false);
            made.Add((checkpoint, isUnchanged ? keptAs : "changed"));
            if (keptAs is null && isUnchanged)
            {
                CheckpointIO io = Directory.Exists(checkpoint.Path) ? folders : files;
                await io.RemoveCheckpointAsync(checkpoint.Path, cancellationToken).ConfigureAwait(false);
            }
        }

        return made;
    }

    private static void Show(Screen screen, List<(ListedCheckpoint Checkpoint, string? KeptAs)> decisions)
    {
        var table = Screen.NewTable("file", ">step", ">score", ">size", ">age", "what");
        foreach (var (checkpoint, keptAs) in decisions)
        {
            table.AddRow(
                Markup.Escape(checkpoint.Path),
                checkpoint.Step?.ToString(CultureInfo.InvariantCulture) ?? "-",
                checkpoint.Score is { } score ? Amounts.Short(score) : "-",
                Amounts.Bytes(checkpoint.Bytes),
                Amounts.Age(screen.Time.GetUtcNow().UtcDateTime - checkpoint.Modified),
                keptAs is not null ? $"keep ({keptAs})" : screen.HasColors ? "[yellow]remove[/]" : "remove");
        }

        screen.Write(table);
    }

    private static TimeSpan ParseAge(string text)
    {
        var allowed = new UsageException($"--keep-newer-than is '{text}'; specify a number with m, h or d, such as 90m, 12h or 7d.");
        if (text.Length < 2
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw allowed;
        }

        return text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => throw allowed,
        };
    }
}
