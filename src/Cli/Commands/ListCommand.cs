using System.Globalization;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Lists the checkpoints of a run.</summary>
internal sealed class ListCommand : Command
{
    private readonly Argument<string[]> _folders = new("folder")
    {
        Description = "Folders of runs, or checkpoints. Default: the current folder",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Also verify the checksums of all tensors; otherwise only the structure is checked",
    };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ListCommand(Screen screen)
        : base("ls", "List the checkpoints of a run: step, epoch, score, size, age, and validity; exit code 1 if one is not valid")
    {
        Add(_folders);
        Add(_verify);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var folders = result.GetValue(_folders) is { Length: > 0 } given ? given : ["."];
        var checkpoints = await RunListing
            .ReadAsync(folders.SelectMany(CheckpointFolder.Expand), result.GetValue(_verify), screen, cancellationToken)
            .ConfigureAwait(false);
        var damaged = checkpoints.Count(checkpoint => checkpoint.Problem is not null);
        if (result.GetValue(_json))
        {
            screen.Write(
                new JsonObject
                {
                    ["checkpoints"] = new JsonArray([.. checkpoints.Select(checkpoint => (JsonNode)checkpoint.ToJson(screen.Time))]),
                });
            return damaged == 0 ? ExitCode.Success : ExitCode.Difference;
        }

        Write(checkpoints, screen);
        foreach (var checkpoint in checkpoints.Where(checkpoint => checkpoint.Problem is not null))
        {
            screen.Error.WriteLine(checkpoint.Problem);
        }

        return damaged == 0 ? ExitCode.Success : ExitCode.Difference;
    }

    /// <summary>
    /// Writes one table or, where the screen is too narrow for it, one for each folder with the names of its files, or even with each name
    /// on a line of its own: a name or a number is never broken.
    /// </summary>
    private static void Write(List<ListedCheckpoint> checkpoints, Screen screen)
    {
        var monitors = checkpoints.Select(checkpoint => checkpoint.Monitor).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var score = monitors is [var only] ? only : "score";
        if (screen.Fits(Table(checkpoints, score, checkpoint => checkpoint.Path, screen)))
        {
            screen.Write(Table(checkpoints, score, checkpoint => checkpoint.Path, screen));
            return;
        }

        foreach (var folder in checkpoints.GroupBy(checkpoint => Path.GetDirectoryName(checkpoint.Path), StringComparer.Ordinal))
        {
            if (!string.IsNullOrEmpty(folder.Key))
            {
                screen.WriteLine(Path.EndsInDirectorySeparator(folder.Key) ? folder.Key : folder.Key + Path.DirectorySeparatorChar);
            }

            if (screen.Fits(Table(folder, score, checkpoint => Path.GetFileName(checkpoint.Path), screen)))
            {
                screen.Write(Table(folder, score, checkpoint => Path.GetFileName(checkpoint.Path), screen));
                continue;
            }

            var lines = screen.LinesOf(Table(folder, score, _ => string.Empty, screen));
            screen.WriteLine(lines[0]);
            foreach (var (checkpoint, line) in folder.Zip(lines.Skip(1)))
            {
                screen.WriteLine(Path.GetFileName(checkpoint.Path));
                screen.WriteLine(line);
            }
        }
    }

    private static Table Table(
        IEnumerable<ListedCheckpoint> checkpoints, string scoreName, Func<ListedCheckpoint, string> name, Screen screen)
    {
        var table = Screen.NewTable("file", ">step", ">epoch", $">{scoreName}", ">size", ">age", "valid");
        foreach (var checkpoint in checkpoints)
        {
            table.AddRow(
                Markup.Escape(name(checkpoint)),
                checkpoint.Step?.ToString(CultureInfo.InvariantCulture) ?? "-",
                checkpoint.Epoch?.ToString(CultureInfo.InvariantCulture) ?? "-",
                checkpoint.Score is { } score ? Amounts.Short(score) : "-",
                Amounts.Bytes(checkpoint.Bytes),
                Amounts.Age(screen.Time.GetUtcNow().UtcDateTime - checkpoint.Modified),
                checkpoint.Problem is null ? "yes" : screen.HasColors ? "[red]NO[/]" : "NO");
        }

        return table;
    }
}
