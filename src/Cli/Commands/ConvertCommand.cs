namespace Fulgurite.Cli;

/// <summary>Rewrites a file in another format or with other content.</summary>
internal sealed class ConvertCommand : Command
{
    private readonly Argument<string> _file = CommonOptions.File("file", "The checkpoint to read, of any format");
    private readonly Argument<string> _output = CommonOptions.File("output", "The file to write");
    private readonly Option<string?> _to = new("--to")
    {
        Description = "The format to write: torch or safetensors. Default: by the extension of the output (.ckpt, .pt, .safetensors)",
        HelpName = "format",
    };
    private readonly Option<bool> _weights = new("--weights-only", "-w")
    {
        Description = "Write only the weights of the model, by name at the top level, as expected by model.load_state_dict",
    };
    private readonly Option<string?> _prefix = new("--strip-prefix")
    {
        Description = "Remove this prefix from weight names (with --weights-only); weights without it are omitted",
        HelpName = "prefix",
    };
    private readonly Option<string?> _added = new("--add-prefix")
    {
        Description = "Add this prefix to weight names (with --weights-only), after --strip-prefix",
        HelpName = "prefix",
    };
    private readonly Option<string?> _like = new("--like")
    {
        Description = "Write only weights with a name and shape of this checkpoint (with --weights-only), and list the differences",
        HelpName = "file",
    };
    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "Convert the real weights of the model to float16, bfloat16, float32 or float64; optimizer state is unchanged",
        HelpName = "type",
    };
    private readonly Option<string[]> _only = CommonOptions.Only(
        "Write only the values at these paths, such as state_dict hyper_parameters");
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Overwrite the output if it exists" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ConvertCommand(Screen screen)
        : base("convert", "Convert a checkpoint between torch and safetensors, to weights only, or to another element type")
    {
        _to.AcceptOnlyFromAmong(OutputFormat.Torch, OutputFormat.Safetensors);
        _type.AcceptOnlyFromAmong(ElementTypes.Convertible);
        Add(_file);
        Add(_output);
        Add(_to);
        Add(_weights);
        Add(_prefix);
        Add(_added);
        Add(_like);
        Add(_type);
        Add(_only);
        Add(_force);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var (file, output) = (result.GetValue(_file)!, result.GetValue(_output)!);
        var format = OutputFormat.Of(output, result.GetValue(_to));
        OutputFormat.ThrowIfTaken(output, file, result.GetValue(_force));
        var only = result.GetValue(_only) is { Length: > 0 } paths ? paths : null;
        if (!result.GetValue(_weights)
            && Array.Find([_prefix, _added, _like], option => result.GetValue(option) is not null) is { } option)
        {
            throw new UsageException($"{option.Name} applies to weight names: add --weights-only.");
        }

        using var checkpoint = await OpenCheckpoint.ReadAsync(file, cancellationToken, only).ConfigureAwait(false);
        var root = result.GetValue(_weights)
            ? Weights(checkpoint, result.GetValue(_prefix), result.GetValue(_added))
            : checkpoint.State.Root;
        WeightsMatch? match = null;
        if (result.GetValue(_like) is { } model)
        {
            using var expected = await OpenCheckpoint.ReadAsync(model, cancellationToken).ConfigureAwait(false);
            match = WeightsMatch.Of(root, expected.Weights);
            root = match.Weights.Count > 0 ? match.Weights : throw new UsageException(match.Mismatch(file, model));
        }

        if (root.Count == 0)
        {
            throw new UsageException(
                $"Nothing is left to write: '{file}' has no values at {string.Join(", ", only ?? [])}. "
                    + $"'fulgurite inspect {file}' shows its content.");
        }

        // The new file gets checksums of its own, so that damage would no longer be detected.
        checkpoint.VerifyChecksums(screen, cancellationToken);
        if (result.GetValue(_type) is { } type)
        {
            root = ConvertTypes(root, type, screen, cancellationToken);
        }

        using var state = TrainingState.Captured(root);
        screen.ShowProgress($"writing {output}");
        var io = OutputFormat.IO(format);
        await using (io.ConfigureAwait(false))
        {
            await io.SaveCheckpointAsync(state, output, null, cancellationToken).ConfigureAwait(false);
        }

        screen.ClearProgress();
        var (tensors, bytes) = (StateNodes.Tensors(root).Count(), new FileInfo(output).Length);
        if (result.GetValue(_json))
        {
            var json = new JsonObject
            {
                ["file"] = file,
                ["output"] = output,
                ["format"] = format,
                ["tensors"] = tensors,
                ["bytes"] = bytes,
            };
            if (match is not null)
            {
                json["missing"] = Names(match.Missing);
                json["unexpected"] = Names(match.Unexpected);
                json["other_shapes"] = Names(match.OtherShapes);
            }

            screen.Write(json);
        }
        else
        {
            screen.WriteLine($"{output}: {format}, {Amounts.Count(tensors, "tensor")}, {Amounts.Bytes(bytes)}");
            foreach (var line in match?.Lines ?? [])
            {
                screen.WriteLine(line);
            }
        }

        return ExitCode.Success;
    }

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];

    private static StateMap Weights(OpenCheckpoint checkpoint, string? prefix, string? added)
    {
        var weights = new StateMap();
        foreach (var (key, value) in checkpoint.Weights)
        {
            var name = key.ToString();
            if (value is not TensorData || (prefix is not null && !name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            name = name[(prefix?.Length ?? 0)..];
            weights[name.Length > 0
                ? added + name
                : throw new UsageException(
                    $"--strip-prefix is '{prefix}', which is the entire name of a weight. Specify a shorter prefix.")] =
                value;
        }

        return weights.Count > 0
            ? weights
            : throw new UsageException(prefix is null
                ? $"'{checkpoint.Path}' has no weights at the top level or under {CheckpointKeys.StateDict}. "
                + $"'fulgurite inspect {checkpoint.Path}' shows its content; 'fulgurite extract' extracts any part of it."
                : $"No weight of '{checkpoint.Path}' has a name that starts with '{prefix}'. Examples of names: "
                + $"{string.Join(", ", checkpoint.Weights.Keys.Take(3))}.");
    }

    /// <summary>Converts only the weights: counters of optimizers are floating-point tensors too and would lose precision.</summary>
    private static StateMap ConvertTypes(StateMap root, string type, Screen screen, CancellationToken cancellationToken)
    {
        var weights = root.TryGetValue(CheckpointKeys.StateDict, out var found) ? found as StateMap : null;
        using var meter = new Meter(screen, "converting", StateNodes.Tensors(weights ?? root).Sum(tensor => tensor.Tensor.ByteLength));
        var conversion = new TypeConversion(ElementTypes.Parse(type), meter, cancellationToken);
        if (weights is null)
        {
            return conversion.Convert(root);
        }

        var converted = new StateMap();
        foreach (var (key, value) in root)
        {
            converted[key] = ReferenceEquals(value, weights) ? conversion.Convert(weights) : value;
        }

        return converted;
    }
}
