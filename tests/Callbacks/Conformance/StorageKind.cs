namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>The storages that the suite runs on.</summary>
internal static class StorageKind
{
    public static CountingCheckpointIO Torch() => new(new TorchCheckpointIO());

    public static CountingCheckpointIO Safetensors() => new(new SafetensorsCheckpointIO());

    public static CountingCheckpointIO Async(CheckpointIO inner) => new(Background(inner));

    /// <summary>Behind a disk of two megabytes a second.</summary>
    public static CountingCheckpointIO Slow(CheckpointIO inner) => new(Background(new SlowCheckpointIO(inner, 2e6)));

    /// <summary>Nothing is written before the run drains: bookkeeping has to do without a single durable file until then.</summary>
    public static CountingCheckpointIO Gated(CheckpointIO inner)
    {
        var gate = new GatedCheckpointIO(inner);
        return new CountingCheckpointIO(Background(gate), gate.Open);
    }

    private static AsyncCheckpointIO Background(CheckpointIO inner) =>
        new(inner, new AsyncCheckpointOptions { MemoryBudget = 1L << 30, CopyThreads = 1, HugePages = false });
}
