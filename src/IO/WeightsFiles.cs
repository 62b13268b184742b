using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Writes the weights of modules to files of their own, for other programs.</summary>
public static class WeightsFiles
{
    /// <summary>
    /// Saves the parameters and buffers of a module, and nothing else, under their names in the module. The file is replaced as a whole,
    /// and durable when the method returns. <c>trainer.LoadWeights</c>, <c>torch.load</c> and <c>safetensors.torch.load_file</c> read it.
    /// </summary>
    /// <remarks>
    /// For names without the prefix of a field, save the module in the field. Do not call it while a step runs on another thread.
    /// </remarks>
    /// <param name="module">The module.</param>
    /// <param name="path">
    /// The file; its extension selects the format: <c>.safetensors</c>, or <c>.pt</c>, <c>.pth</c> or <c>.ckpt</c> for that of
    /// <c>torch.save</c>.
    /// </param>
    /// <exception cref="ArgumentException">The path has another extension, or the module no weights.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void SaveWeights(this nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileCheckpointIO io = Path.GetExtension(path) switch
        {
            ".safetensors" => new SafetensorsCheckpointIO(),
            ".pt" or ".pth" or ".ckpt" => new TorchCheckpointIO(),
            var other => throw new ArgumentException(
                $"The extension '{other}' selects no format. Use .safetensors, or .pt, .pth or .ckpt for that of torch.save.",
                nameof(path)),
        };
        var state = new TrainingState();
        foreach (var (name, tensor) in module.state_dict())
        {
            state[name] = TensorData.FromTensor(tensor);
        }

        if (state.Root.Count == 0)
        {
            throw new ArgumentException(
                "The module has no weights. End its constructor with RegisterComponents(), or save the module that has them.",
                nameof(module));
        }

        io.SaveCheckpointAsync(state, Path.GetFullPath(path), null, CancellationToken.None).GetAwaiter().GetResult();
    }
}
