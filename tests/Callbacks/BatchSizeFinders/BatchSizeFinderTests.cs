namespace Fulgurite.Tests.Callbacks.BatchSizeFinders;

[TestClass]
public sealed class BatchSizeFinderTests
{
    [TestMethod]
    [DataRow(false, 45, 65_536, new[] { 2, 4, 8, 16, 32, 64 }, 32)]
    [DataRow(true, 45, 65_536, new[] { 2, 4, 8, 16, 32, 64, 48, 40, 44, 46, 45 }, 45)]
    [DataRow(false, 1000, 20, new[] { 2, 4, 8, 16, 20 }, 20)]
    [DataRow(false, 1, 65_536, new[] { 2 }, null)]
    public void Find_MemoryEndsSomewhere_GivesTheLargestSizeThatFits(bool refine, int room, int largest, int[] sizes, int? found)
    {
        using var module = new NormModule();
        var before = module.Values("head.weight");

        var search = Trainer().FindBatchSize(
            module, size => Data(size, room), new BatchSizeFinderOptions { Refine = refine, MaxBatchSize = largest });

        Assert.AreEqual(found, search.BatchSize);
        Assert.AreSequenceEqual(sizes, search.Trials.Select(trial => trial.BatchSize));
        Assert.IsTrue(search.Trials.All(trial => trial.Fits == trial.BatchSize <= room && trial.Fits == trial.Failure is null));
        Assert.AreSequenceEqual(before, module.Values("head.weight"));
    }

    [TestMethod]
    public void Find_TrialsAreLimited_EndsWithTheLastThatFits()
    {
        using var module = new NormModule();

        var search = Trainer().FindBatchSize(module, size => Data(size, 1000), new BatchSizeFinderOptions { MaxTrials = 3 });

        Assert.AreEqual(8, search.BatchSize);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TU1")]
    public void Find_AnotherFailure_IsNotTakenForALackOfMemoryAndLeavesNothing()
    {
        using var module = new NormModule { AtStep = _ => throw new InvalidDataException("broken batch") };
        var before = module.Values("head.weight");
        using var random = get_rng_state();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Trainer().FindBatchSize(module, size => Data(size, 1000)));

        Assert.AreEqual("broken batch", error.Message);
        Assert.AreSequenceEqual(before, module.Values("head.weight"));
        using var after = get_rng_state();
        Assert.AreSequenceEqual(random.bytes.ToArray(), after.bytes.ToArray());
    }

    private static Trainer Trainer() => new(new SingleDeviceStrategy(new HeldCheckpointIO { Open = true }));

    private static IEnumerable<Tensor> Data(int size, int room)
    {
        for (var batch = 0; batch < 2; batch++)
        {
            if (size > room)
            {
                throw new InvalidOperationException("CUDA out of memory. Tried to allocate 20.00 MiB");
            }

            yield return ones(size, 3);
        }
    }
}
