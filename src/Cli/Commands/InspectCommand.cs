namespace Fulgurite.Cli;

/// <summary>Shows the content of a file. Tensors are not loaded, so that the size of the file does not matter.</summary>
internal sealed class InspectCommand : Command
{
    private const int DefaultDepth = 3;

    private readonly Argument<string> _file = CommonOptions.File("file", "The checkpoint");
    private readonly Option<string?> _path = new("--path")
    {
        Description = "Show only the values at this path, such as state_dict or optimizer_states.0",
        HelpName = "path",
    };
    private readonly Option<int> _depth = new("--depth")
    {
        Description = "The number of levels to show; deeper values are counted",
        DefaultValueFactory = _ => DefaultDepth,
    };
    private readonly Option<bool> _all = new("--all", "-a") { Description = "Everything, however deep" };
    private readonly Option<bool> _statistics = new("--stats", "-s")
    {
        Description = "Read the tensors, and show their min, mean and max element and the number of elements that are not finite",
    };
    private readonly Option<bool> _histogram = new("--histogram")
    {
        Description = "As --stats, with the distribution of the elements from min to max",
    };
    private readonly Option<bool> _json = CommonOptions.Json();

    public InspectCommand(Screen screen)
        : base("inspect", "Show the tree, types, shapes, sizes, counters and metadata of a checkpoint, without loading its tensors")
    {
        Add(_file);
        Add(_path);
        Add(_depth);
        Add(_all);
        Add(_statistics);
        Add(_histogram);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        using var checkpoint = await OpenCheckpoint.ReadAsync(result.GetValue(_file)!, cancellationToken).ConfigureAwait(false);
        var path = result.GetValue(_path) ?? string.Empty;
        var node = path.Length == 0 ? checkpoint.State.Root : checkpoint.Find(path);
        var summary = CheckpointSummary.Of(checkpoint);
        var statistics = result.GetValue(_statistics) || result.GetValue(_histogram)
            ? TensorStatistics.OfAll(node, path, result.GetValue(_histogram), screen, cancellationToken)
            : null;
        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject
            {
                ["file"] = checkpoint.Path,
                ["format"] = checkpoint.Format,
                ["producer"] = checkpoint.Producer,
                ["bytes"] = checkpoint.ByteLength,
                ["chain"] = new JsonArray(
                    [.. checkpoint.Chain.Select(file => new JsonObject { ["file"] = file.Path, ["bytes"] = file.Length })]),
                ["modified"] = checkpoint.Modified.ToString("O"),
                ["tensors"] = summary.ToJson(),
                ["epoch"] = summary.Epoch,
                ["global_step"] = summary.GlobalStep,
                ["placeholders"] = new JsonArray([.. summary.Placeholders.Select(name => (JsonNode)name)]),
                ["state"] = StateToJson.Convert(node, path, statistics),
            });
            return ExitCode.Success;
        }

        screen.WriteLine($"{checkpoint.Path}  {checkpoint.Format}, by {checkpoint.Producer}, {Amounts.Bytes(checkpoint.ByteLength)}");
        if (checkpoint.Chain.Count > 0)
        {
            screen.WriteLine(
                $"Changes of {Amounts.Count(checkpoint.Chain.Count - 1, "file")}: "
                    + string.Join(", ", checkpoint.Chain.SkipLast(1).Select(file => $"{file.Path} ({Amounts.Bytes(file.Length)})")));
        }

        foreach (var line in summary.Lines())
        {
            screen.WriteLine(line);
        }

        screen.WriteLine();
        var depth = result.GetValue(_all) ? int.MaxValue : result.GetValue(_depth);
        StateTable.Write(screen, node, path, depth, statistics);
        return ExitCode.Success;
    }
}
