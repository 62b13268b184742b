using System.Collections.Concurrent;
using static Fulgurite.Tests.Core.Data.SampleSources;

namespace Fulgurite.Tests.Core.Data;

/// <summary>The batches of a source: their order, items, random numbers and errors.</summary>
[TestClass]
public sealed class DataSourceTests
{
    [TestMethod]
    public void FromTensors_OtherNumberOfTargets_IsRefused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsExactly<ArgumentException>(() => DataSource.FromTensors(zeros(4, 2), zeros(3)));
        Assert.StartsWith("There are 4 inputs and 3 targets. Provide one target per input.", error.Message);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(3)]
    public void Batches_InOrder_HoldEveryItemOnce(int workers)
    {
        var source = Numbers(10, new() { BatchSize = 4, Workers = workers });

        Assert.AreEqual(3, source.BatchCount);
        Assert.AreSequenceEqual(new[] { "0,1,2,3", "4,5,6,7", "8,9" }, Read(source.GetBatches(0, 0)));
        Assert.AreSequenceEqual(new[] { "0,1,2,3", "4,5" }, Read(Numbers(6, new() { BatchSize = 4, Workers = workers })));
        Assert.AreSequenceEqual(
            new[] { "0,1,2,3", "4,5,6,7" },
            Read(Numbers(10, new() { BatchSize = 4, DropLast = true, Workers = workers }).GetBatches(3, 0)));
    }

    [TestMethod]
    public void Batches_Shuffled_DependOnSeedAndEpochAlone()
    {
        DataSourceOptions Options(int workers, long seed = 7) => new() { BatchSize = 3, Shuffle = true, Seed = seed, Workers = workers };
        var epochs = Enumerable.Range(0, 5).Select(epoch => Read(Numbers(50, Options(0)).GetBatches(epoch, 0))).ToList();

        Assert.HasCount(5, epochs.Select(epoch => string.Join('|', epoch)).ToHashSet(StringComparer.Ordinal));
        Assert.AreSequenceEqual(Enumerable.Range(0, 50), epochs[4].SelectMany(batch => batch.Split(',')).Select(int.Parse).Order());
        foreach (var workers in new[] { 1, 2, 5 })
        {
            // The last epoch first: it needs none of those before.
            Assert.AreSequenceEqual(epochs[4], Read(Numbers(50, Options(workers)).GetBatches(4, 0)));
            Assert.AreSequenceEqual(epochs[0], Read(Numbers(50, Options(workers)).GetBatches(0, 0)));
        }

        Assert.IsFalse(epochs[0].SequenceEqual(Read(Numbers(50, Options(0, seed: 8)).GetBatches(0, 0)), StringComparer.Ordinal));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [TestProperty("Behaviour", "LP18")]
    public void GetBatches_Skipping_LoadsNothingOfWhatIsSkipped(int workers)
    {
        var loaded = new ConcurrentBag<long>();
        var source = DataSource.From(
            Dataset.Create(100, arguments =>
            {
                loaded.Add(arguments.Index);
                return (float)arguments.Index;
            }),
            items => tensor([.. items]),
            new() { BatchSize = 10, Shuffle = true, Workers = workers });
        var whole = Read(source.GetBatches(2, 0));
        loaded.Clear();

        var rest = Read(source.GetBatches(2, 7));

        Assert.AreSequenceEqual(whole.Skip(7), rest);
        Assert.HasCount(30, loaded);
        Assert.IsEmpty(Read(source.GetBatches(2, 10)));
        Assert.IsEmpty(Read(source.GetBatches(2, 11)));
    }

    [TestMethod]
    public void Items_RandomNumbers_DependOnSeedEpochAndItemAlone()
    {
        List<string> Draw(int workers, int epoch, int skip, long seed = 1) => Read(DataSource.From(
            Dataset.Of(Enumerable.Range(0, 40).ToList()).Map((item, arguments) => item + arguments.CreateRandom().NextSingle()),
            items => tensor([.. items]),
            new() { BatchSize = 4, Shuffle = true, Seed = seed, Workers = workers }).GetBatches(epoch, skip));
        var expected = Draw(0, 1, 0);

        Assert.AreSequenceEqual(expected, Draw(3, 1, 0));
        Assert.AreSequenceEqual(expected.Skip(6), Draw(2, 1, 6));
        Assert.IsFalse(expected.SequenceEqual(Draw(0, 2, 0), StringComparer.Ordinal));
        Assert.IsFalse(expected.SequenceEqual(Draw(0, 1, 0, seed: 2), StringComparer.Ordinal));
    }

    [TestMethod]
    public void Batches_CollateFails_NamesTheBatch()
    {
        var source = DataSource.From(
            Dataset.Of([1, 2, 3]), Tensor (items) => throw new InvalidOperationException("No."), new() { BatchSize = 2, Workers = 1 });

        var error = Assert.ThrowsExactly<DataSourceException>(() => Read(source));

        Assert.AreEqual("Batch 1 of epoch 1 (items 0, 1) could not be created: No.", error.Message);
        Assert.AreEqual(-1, error.Item);
    }

    [TestMethod]
    public void FromTensors_GivesRowsOfBoth()
    {
        using var scope = NewDisposeScope();
        using var inputs = arange(12).reshape(6, 2);
        using var targets = arange(6);
        var source = DataSource.FromTensors(inputs, targets, new() { BatchSize = 4, Shuffle = true, Seed = 3, Workers = 1 });

        foreach (var (rows, labels) in source)
        {
            Assert.AreSequenceEqual(labels.data<long>().ToArray().Select(label => label * 2), rows.select(1, 0).data<long>().ToArray());
        }

        Assert.Throws<ArgumentException>(() => DataSource.FromTensors(inputs, inputs[..3]));
    }

    [TestMethod]
    public void From_DatasetOfTorchSharp_GivesItsItems()
    {
        using var scope = NewDisposeScope();
        using var data = utils.data.TensorDataset(arange(5));
        var source = DataSource.From(data, new() { BatchSize = 2 });

        Assert.AreEqual(3, source.BatchCount);
        Assert.AreSequenceEqual(new long[] { 2, 3 }, source.GetBatches(0, 1).First()[0].data<long>().ToArray());
    }

    [TestMethod]
    public void Options_NotAllowed_AreNamed()
    {
        var error = Assert.ThrowsExactly<System.ComponentModel.DataAnnotations.ValidationException>(
            () => Numbers(3, new() { BatchSize = 0 }));
        Assert.Contains("BatchSize", error.Message);

        var empty = Assert.ThrowsExactly<ArgumentException>(() => Numbers(3, new() { BatchSize = 4, DropLast = true }));
        Assert.StartsWith("There are no batches: the data has 3 items, BatchSize is 4 and DropLast is True.", empty.Message);
    }
}
