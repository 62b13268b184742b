using Fulgurite.Schedulers;
using Fulgurite.Tests.Core.Doubles;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Data;

/// <summary>How many batches data has, where it says so in other ways than a collection of .NET.</summary>
[TestClass]
public sealed class BatchCountTests
{
    [TestMethod]
    [TestProperty("Behaviour", "LP29")]
    [DataRow(false, 3)]
    [DataRow(true, 2)]
    public void Fit_DataLoaderOfTorchSharp_KnowsItsLength(bool dropLast, int batches)
    {
        using var loader = Loader(10, 4, dropLast);
        long? estimated = null;
        int? each = null;
        using var module = new LineModule
        {
            Setup = module =>
            {
                estimated = module.Trainer.EstimatedSteppingBatches;
                var sgd = optim.SGD(module.parameters(), 0.1);
                var scheduler = new OneCycleLR(sgd, 0.1, estimated!.Value);
                return new OptimizerSetup(sgd, new SchedulerConfiguration(scheduler) { Interval = SchedulerInterval.Step });
            },
            AtStep = (module, _) => each = module.Trainer.BatchesPerEpoch,
        };

        var result = Make().Fit(module, loader);

        Assert.AreEqual(batches * 2L, estimated);
        Assert.AreEqual(batches, each);
        Assert.AreEqual(estimated, result.GlobalStep);
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP29")]
    public void Fit_FractionsOfADataLoader_AreThoseOfItsLength()
    {
        using var loader = Loader(16, 2, dropLast: false);
        var validations = 0;
        using var module = new LineModule { AtValidation = (_, _) => validations++ };
        var options = new TrainerOptions
        {
            MaxEpochs = 1,
            LimitTrainBatches = 0.5,
            LimitValidationBatches = 0.25,
            ValidationInterval = 0.5,
        };

        var result = Make(options).Fit(module, loader, loader);

        Assert.AreEqual(4, result.GlobalStep);
        Assert.AreEqual(2 * 2, validations, "two validations of two batches");
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP29")]
    public void Of_SamplersOfADataLoader_AreCounted()
    {
        using var part = new DataLoader<Tensor, Tensor>(new Rows(10), 2, Stack, [1, 2, 3], disposeDataset: false);
        var some = Enumerable.Range(0, 5).Where(index => index > 1).Select(index => (long)index);
        using var unknown = new DataLoader<Tensor, Tensor>(new Rows(10), 2, Stack, some);
        using var shuffled = new DataLoader<Tensor, Tensor>(new Rows(10), 3, Stack, shuffle: true, seed: 1);
        using var few = new DataLoader<Tensor, Tensor>(new Rows(10), 3, Stack, new TorchSharp.Utils.FisherYatesShuffler(4, 1));
        using var derived = new OwnLoader();
        using var none = Loader(0, 4, dropLast: false);

        Assert.HasCount(2, part.ToList());
        Assert.AreEqual(2, BatchCounts.Of(part));
        Assert.IsNull(BatchCounts.Of(unknown));
        Assert.AreEqual(4, BatchCounts.Of(shuffled));
        Assert.AreEqual(2, BatchCounts.Of(few));
        Assert.AreEqual(2, BatchCounts.Of(derived));
        Assert.AreEqual(0, BatchCounts.Of(none));
    }

    [TestMethod]
    public void Of_PrefetchedOrReadOnlyCollections_IsThatOfTheData()
    {
        using var loader = Loader(10, 4, dropLast: false);

        Assert.AreEqual(3, BatchCounts.Of(loader.Prefetch()));
        Assert.AreEqual(5, BatchCounts.Of(new List<int> { 1, 2, 3, 4, 5 }.Prefetch()));
        Assert.AreEqual(2, BatchCounts.Of(new Counted()));
        Assert.IsNull(BatchCounts.Of(Enumerable.Range(0, 3).Where(number => number > 0)));
    }

    private static DataLoader<Tensor, Tensor> Loader(long items, int batchSize, bool dropLast) =>
        new(new Rows(items), batchSize, Stack, drop_last: dropLast);

    private static Tensor Stack(IEnumerable<Tensor> items, Device device) => stack(items);

    private static Trainer Make(TrainerOptions? options = null) =>
        new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options ?? new TrainerOptions { MaxEpochs = 2 });

    private sealed class Rows(long count) : utils.data.Dataset<Tensor>
    {
        public override long Count => count;

        public override Tensor GetTensor(long index) => full(4, (float)index);
    }

    private sealed class OwnLoader() : DataLoader<Tensor, Tensor>(new Rows(8), 4, Stack);

    private sealed class Counted : IReadOnlyCollection<int>
    {
        public int Count => 2;

        public IEnumerator<int> GetEnumerator() => Enumerable.Range(0, 2).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
