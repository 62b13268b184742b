namespace Fulgurite.Tests.IO.Increments;

/// <summary>Hashes of memory that states share and of frozen tensors.</summary>
[TestClass]
public sealed class HashedStateTests
{
    [TestMethod]
    public void Hash_MemoryThatStatesShare_IsHashedOnce()
    {
        var memory = new HostTensorStorage(1 << 20);
        new Random(3).NextBytes(memory.GetWritableBytes(0, 1 << 20));
        var (token, other) = (new object(), new object());
        var first = Hash(memory, token, earlier: null);
        var second = Hash(memory, token, first);
        Assert.AreEqual(1 << 20, first.HashedBytes);
        Assert.AreEqual(0, second.HashedBytes);
        CollectionAssert.AreEqual(first.Header, second.Header);
        Assert.AreEqual(0, second.ChangesSince(first).ChangedBytes);
        memory.GetWritableBytes(5000, 1)[0]++;
        var third = Hash(memory, other, second);
        Assert.AreEqual(1 << 20, third.HashedBytes);
        Assert.AreEqual(4096, third.ChangesSince(second).ChangedBytes);
    }

    [TestMethod]
    public void Hash_FrozenLiveTensorWrittenDirectly_IsFoundByTheNextSave()
    {
        using var frozen = rand(1000, 1024);
        var first = Hash(earlier: null);
        var same = Hash(first);
        Assert.AreEqual(0, same.ChangesSince(first).ChangedBytes);

        frozen.data<float>()[501, 3] += 1;
        var second = Hash(same);

        Assert.AreEqual(4096, second.ChangesSince(same).ChangedBytes);
        CollectionAssert.AreEqual(Hash(earlier: null).Header, second.Header);
        Assert.IsNull(RowChanges.Of(frozen), "nothing is recorded");

        HashedState Hash(HashedState? earlier) => new(
            new TrainingState(new StateMap { ["frozen"] = TensorData.FromTensor(frozen, TensorStability.Frozen) }), earlier);
    }

    [TestMethod]
    public async Task Save_FrozenLiveTensor_IsWrittenOnceAndAgainWhenItChanges()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        using var frozen = rand(1000, 64);
        using var trained = rand(10, 64);
        var lengths = new List<long>();
        for (var save = 0; save < 4; save++)
        {
            if (save == 3)
            {
                frozen[7].fill_(1);
            }

            trained.add_(1);
            var before = storage.Bytes;
            var state = new TrainingState(new StateMap
            {
                ["frozen"] = TensorData.FromTensor(frozen, TensorStability.Frozen),
                ["trained"] = TensorData.FromTensor(trained, TensorStability.UntilParametersChange),
            });
            await io.Submit(state, "run/last", null).Durable;
            io.BeforeParametersChange();
            lengths.Add(storage.Bytes - before);
            CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"));
        }

        Assert.AreEqual(lengths[1], lengths[2]);
        Assert.IsLessThan(lengths[0] / 10, lengths[1]);
        Assert.IsInRange(lengths[1] + 256, lengths[1] + 512, lengths[3], "One row of the frozen tensor.");
    }

    private static HashedState Hash(HostTensorStorage memory, object token, HashedState? earlier)
    {
        var tensor = new TensorData(new SharedStorage(memory, token), ScalarType.Float32, [1 << 18], [1]);
        return new HashedState(TrainingState.Captured(new StateMap { ["a"] = tensor }), earlier);
    }

    private sealed class SharedStorage(HostTensorStorage memory, object token) : TensorStorage, ISharedMemory
    {
        public override long ByteLength => memory.ByteLength;

        public override nint Address => memory.Address;

        public override bool IsCaptured => true;

        public object Memory => token;
    }
}
