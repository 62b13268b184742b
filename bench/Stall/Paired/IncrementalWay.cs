using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;
using Fulgurite.Testing;

namespace Fulgurite.Bench.Stall.Paired;

/// <summary>Best and last before the first step of a block, as increments that have to become durable.</summary>
/// <param name="training">What is trained.</param>
/// <param name="settings">How long blocks are, and where checkpoints go.</param>
internal sealed class IncrementalWay(BareTraining training, PairedSettings settings)
    : DurableWay("incremental", training, settings)
{
    // The blocks of the warm-up: the first of them writes a full file.
    private const int WarmUpBlocks = 2;

    private readonly PairedSettings _settings = settings;
    private readonly MeteredStorage _storage = new(new LocalStorage());
    private readonly List<double> _written = [];
    private long _before;

    /// <summary>Gets the bytes that the saves of a block write: the median, without the full files between increments.</summary>
    public long ByteLength =>
        (long)(_written.Count > WarmUpBlocks ? Arms.Median([.. _written.Skip(WarmUpBlocks)]) : _written[^1]);

    protected override IReadOnlyList<string> Files => ["incremental-best.safetensors", "incremental-last.safetensors"];

    public override JsonObject ToResult(double stepMilliseconds, int threads, double stateMegabytes)
    {
        var result = base.ToResult(stepMilliseconds, threads, stateMegabytes);
        result["written_mb"] = JsonLine.Round(ByteLength / (double)(1 << 20));
        return result;
    }

    protected override CheckpointIO CreateIO() =>
        new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = _settings.Chain!.Value }, _storage);

    protected override void Drained()
    {
        _written.Add(_storage.Bytes - _before);
        _before = _storage.Bytes;
    }
}
