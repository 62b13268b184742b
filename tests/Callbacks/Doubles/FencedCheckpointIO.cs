namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>
/// Looks at each saved tensor that promised to stay as it is until the fence, once when it is saved and once at the fence.
/// </summary>
internal sealed class FencedCheckpointIO : CheckpointIO
{
    private readonly List<(string Name, TensorData Tensor, byte[] Bytes)> _promised = [];

    public List<string> Torn { get; } = [];

    public int Checked { get; private set; }

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        Look();
        foreach (var (name, tensor) in checkpoint.Tensors())
        {
            if (tensor.Stability != TensorStability.Volatile)
            {
                _promised.Add(($"{path}: {name}", tensor, Bytes(tensor)));
            }
        }

        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

    public override void BeforeParametersChange()
    {
        Look();
        _promised.Clear();
    }

    private static byte[] Bytes(TensorData tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    private void Look()
    {
        Checked += _promised.Count > 0 ? 1 : 0;
        Torn.AddRange(_promised.Where(entry => !entry.Bytes.AsSpan().SequenceEqual(Bytes(entry.Tensor))).Select(entry => entry.Name));
    }
}
