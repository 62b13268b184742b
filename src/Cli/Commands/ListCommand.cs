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

        screen.Write(Table(checkpoints, screen));
        foreach (var checkpoint in checkpoints.Where(checkpoint => checkpoint.Problem is not null))
        {
            screen.Error.WriteLine(checkpoint.Problem);
        }

        return damaged == 0 ? ExitCode.Success : ExitCode.Difference;
    }

    private static Table Table(List<ListedCheckpoint> checkpoints, Screen screen)
    {
        var monitors = checkpoints.Select(checkpoint => checkpoint.Monitor).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var table = Screen.NewTable("file", ">step", ">epoch", monitors is [var only] ? $">{only}" : ">score", ">size", ">age", "valid");
        foreach (var checkpoint in checkpoints)
        {
            table.AddRow(
                Markup.Escape(checkpoint.Path),
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
