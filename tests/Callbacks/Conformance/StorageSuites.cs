
namespace Fulgurite.Tests.Callbacks.Conformance;

[TestClass]
public sealed class TorchModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Torch();
}

[TestClass]
public sealed class SafetensorsModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Safetensors();
}

[TestClass]
public sealed class AsyncTorchModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Async(new TorchCheckpointIO());
}

[TestClass]
public sealed class AsyncSafetensorsModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Async(new SafetensorsCheckpointIO());
}

[TestClass]
public sealed class SlowTorchModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Slow(new TorchCheckpointIO());
}

[TestClass]
public sealed class SlowSafetensorsModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Slow(new SafetensorsCheckpointIO());
}

[TestClass]
public sealed class GatedTorchModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Gated(new TorchCheckpointIO());

    private protected override bool IsHeldUntilTheEnd => true;
}

[TestClass]
public sealed class GatedSafetensorsModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Gated(new SafetensorsCheckpointIO());

    private protected override bool IsHeldUntilTheEnd => true;
}

[TestClass]
public sealed class AsyncIncrementalModelCheckpointTests : ModelCheckpointSuite
{
    private protected override CountingCheckpointIO Make() => StorageKind.Async(new IncrementalCheckpointIO());
}
