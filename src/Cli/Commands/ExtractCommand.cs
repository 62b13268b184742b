using System.Text;
using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Writes a part of a file to a file of its own.</summary>
internal sealed class ExtractCommand : Command
{
    private readonly Argument<string> _file = CommonOptions.File("file", "The checkpoint");
    private readonly Argument<string[]> _paths = new("path")
    {
        Description = "The paths to extract, such as state_dict.encoder or hyper_parameters",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The file to write: .npy (one tensor), .npz, .safetensors, .ckpt, .pt, or .json (values without tensor elements)",
        Required = true,
        HelpName = "file",
    };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Overwrite the output if it exists" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ExtractCommand(Screen screen)
        : base("extract", "Write some tensors or a part of the tree to a separate file")
    {
        Add(_file);
        Add(_paths);
        Add(_output);
        Add(_force);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var (file, paths, output) = (result.GetValue(_file)!, result.GetValue(_paths)!, result.GetValue(_output)!);
        OutputFormat.ThrowIfTaken(output, file, result.GetValue(_force));
        using var checkpoint = await OpenCheckpoint.ReadAsync(file, cancellationToken, paths).ConfigureAwait(false);
        var leaves = StateNodes.Leaves(checkpoint.State.Root).ToList();
        foreach (var path in paths)
        {
            if (!leaves.Exists(
                leaf => leaf.Value is not StateMap && (leaf.Path == path || leaf.Path.StartsWith(path + ".", StringComparison.Ordinal))))
            {
                throw new UsageException($"'{file}' has no value at '{path}'. 'fulgurite inspect {file} --all' shows its content.");
            }
        }

        var tensors = leaves.Where(leaf => leaf.Value is TensorData).Select(leaf => (leaf.Path, Tensor: (TensorData)leaf.Value)).ToList();
        checkpoint.VerifyChecksums(screen, cancellationToken);
        await WriteAsync(output, checkpoint.State.Root, tensors, cancellationToken).ConfigureAwait(false);
        var bytes = new FileInfo(output).Length;
        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject
            {
                ["file"] = file,
                ["output"] = output,
                ["bytes"] = bytes,
                ["tensors"] = new JsonArray([.. tensors.Select(tensor => (JsonNode)tensor.Path)]),
            });
        }
        else
        {
            screen.WriteLine($"{output}: {Amounts.Count(tensors.Count, "tensor")}, {Amounts.Bytes(bytes)}");
        }

        return ExitCode.Success;
    }

    private static async Task WriteAsync(
        string output, StateMap root, List<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        switch (Path.GetExtension(output).ToLowerInvariant())
        {
            case ".npy" when tensors.Count != 1:
                throw new UsageException(
                    $"An .npy file contains one tensor, but these paths contain {tensors.Count}: "
                        + $"{string.Join(", ", tensors.Take(5).Select(tensor => tensor.Path))}"
                        + $"{(tensors.Count > 5 ? ", ..." : string.Empty)}. Select one of them, or write an .npz file.");
            case ".npz" when tensors.Count == 0:
                throw new UsageException("These paths contain no tensors. Write a .json file instead.");
            case ".npy" or ".npz":
                NumpyOutput.Write(output, tensors, cancellationToken);
                break;
            case ".json":
                var json = StateToJson.Convert(root, string.Empty, null)!.ToJsonString(JsonText.Options) + "\n";
                new LocalStorage().Write(output, file => file.Write(Encoding.UTF8.GetBytes(json)), cancellationToken);
                break;
            default:
                var io = OutputFormat.IO(OutputFormat.Of(output, null));
                await using (io.ConfigureAwait(false))
                {
                    using var state = TrainingState.Captured(root);
                    await io.SaveCheckpointAsync(state, output, null, cancellationToken).ConfigureAwait(false);
                }

                break;
        }
    }
}
