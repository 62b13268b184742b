namespace Fulgurite.Tests.IO.Increments;

/// <summary>States that change at random: values, shapes, types, and which tensors there are and which share memory.</summary>
[TestClass]
public sealed class ChangePatternTests
{
    private static readonly ScalarType[] Types = StateSamples.Types;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    public async Task Save_RandomChanges_AssemblesTheFileOfAFullSave(int seed)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 6 }, storage);
        var tensors = new SortedDictionary<string, TensorData>(StringComparer.Ordinal)
        {
            ["large"] = StateSamples.Tensor(ScalarType.Float32, seed, 1000, 70),
        };
        var (increments, longest) = (0, 0);
        for (var save = 0; save < 40; save++)
        {
            Change(tensors, random);
            using var state = StateOf(tensors, save);
            await io.SaveCheckpointAsync(state, "run/last", null, TestContext.CancellationToken);
            using (var file = storage.Open("run/last"))
            {
                var position = IncrementFile.TryRead(file)?.Position ?? 0;
                increments += position > 0 ? 1 : 0;
                longest = Math.Max(longest, position);
            }

            CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"), $"save {save}");
            using var loaded = await io.LoadCheckpointAsync("run/last", null, TestContext.CancellationToken);
            StateAssert.AreSame(state, loaded);
        }

        Assert.IsGreaterThan(20, increments);
        Assert.AreEqual(6, longest);
    }

    private static TrainingState StateOf(SortedDictionary<string, TensorData> tensors, int step)
    {
        var map = new StateMap();
        foreach (var (name, tensor) in tensors)
        {
            map[name] = tensor;
        }

        return TrainingState.Captured(new StateMap { ["global_step"] = step, ["state_dict"] = map });
    }

    private static void Change(SortedDictionary<string, TensorData> tensors, Random random)
    {
        for (var change = random.Next(4); change >= 0; change--)
        {
            var name = $"tensor{random.Next(8)}";
            switch (random.Next(7))
            {
                case 0:
                    tensors.Remove(name);
                    break;
                case 1:
                    tensors[name] = StateSamples.Tensor(Types[random.Next(Types.Length)], random.Next(), Shape(random));
                    break;
                case 2:
                    // Tied to another, or a view of a part of it.
                    var shared = tensors.ElementAt(random.Next(tensors.Count)).Value;
                    tensors[name] = random.Next(2) == 0 || shared.ElementCount == 0
                        ? new TensorData(shared.Storage, shared.Type, shared.Shape, shared.Strides, shared.StorageOffset)
                        : new TensorData(shared.Storage, shared.Type, [shared.ElementCount / 2], [2], shared.StorageOffset);
                    break;
                case 3 when tensors.TryGetValue(name, out var old):
                    // The same bytes as another type, in another shape.
                    tensors[name] = new TensorData(old.Storage, ScalarType.Byte, [old.Storage.ByteLength], [1]);
                    break;
                default:
                    ChangeBytes(tensors["large"], random);
                    break;
            }
        }
    }

    private static long[] Shape(Random random) => random.Next(5) switch
    {
        0 => [],
        1 => [0],
        2 => [random.Next(3), random.Next(3), 2],
        3 => [random.Next(1, 40), random.Next(1, 100)],
        _ => [random.Next(1, 3000)],
    };

    private static void ChangeBytes(TensorData tensor, Random random)
    {
        var bytes = ((HostTensorStorage)tensor.Storage).GetWritableBytes(0, (int)tensor.Storage.ByteLength);
        var start = random.Next(bytes.Length);
        random.NextBytes(bytes.Slice(start, Math.Min(random.Next(1, 5000), bytes.Length - start)));
    }
}
