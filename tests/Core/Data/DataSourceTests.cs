using System.Collections.Concurrent;

namespace Fulgurite.Tests.Core.Data;

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
    [DataRow(0)]
    [DataRow(2)]
    public void Batches_EndedEarly_LeaveNoTensor(int workers)
    {
        var tensors = new ConcurrentBag<Tensor>();
        var source = Tracked(tensors, 40, new() { BatchSize = 2, Workers = workers, PrefetchBatches = 5 });
        using (NewDisposeScope())
        {
            using var batches = source.GetBatches(0, 0).GetEnumerator();
            for (var step = 0; step < 3; step++)
            {
                using var scope = NewDisposeScope();
                Assert.IsTrue(batches.MoveNext());
                Assert.IsFalse(batches.Current.IsInvalid);
                Assert.IsTrue(scope.Contains(batches.Current));
            }
        }

        Assert.IsGreaterThanOrEqualTo(6, tensors.Count);
        Assert.IsTrue(tensors.All(tensor => tensor.IsInvalid));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [TestProperty("Behaviour", "LP15")]
    public void Batches_ItemFails_NamesItAfterTheBatchesBefore(int workers)
    {
        var tensors = new ConcurrentBag<Tensor>();
        var threads = new ConcurrentDictionary<Thread, bool>();
        var source = Tracked(tensors, 40, new() { BatchSize = 4, Workers = workers }, index =>
        {
            threads[Thread.CurrentThread] = true;
            return index == 18 ? throw new InvalidDataException("The file is damaged.") : index;
        });
        var read = 0;

        var error = Assert.ThrowsExactly<DataSourceException>(() =>
        {
            using var outer = NewDisposeScope();
            foreach (var batch in source.GetBatches(2, 1))
            {
                read++;
            }
        });

        Assert.AreEqual(3, read);
        Assert.AreEqual("Item 18 (epoch 3, batch 5) could not be loaded: The file is damaged.", error.Message);
        Assert.AreEqual((2, 4, 18L), (error.Epoch, error.Batch, error.Item));
        Assert.IsInstanceOfType<InvalidDataException>(error.InnerException);
        Assert.IsTrue(tensors.All(tensor => tensor.IsInvalid));
        Assert.IsTrue(threads.Keys.All(thread => thread == Thread.CurrentThread || !thread.IsAlive));
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
    [TestProperty("Behaviour", "LP15")]
    public void Workers_EpochEndsOrIsGivenUp_HaveEnded()
    {
        var threads = new ConcurrentDictionary<Thread, bool>();
        var source = Tracked([], 200, new() { BatchSize = 1, Workers = 4 }, index =>
        {
            threads[Thread.CurrentThread] = true;
            return index;
        });

        Read(source.GetBatches(0, 0));
        Assert.IsNotEmpty(threads);
        Assert.IsTrue(threads.Keys.All(thread => !thread.IsAlive));

        threads.Clear();
        using (var batches = source.GetBatches(1, 0).GetEnumerator())
        {
            using var scope = NewDisposeScope();
            batches.MoveNext();
        }

        Assert.IsNotEmpty(threads);
        Assert.IsTrue(threads.Keys.All(thread => !thread.IsAlive));
        Assert.IsFalse(threads.ContainsKey(Thread.CurrentThread));
    }

    [TestMethod]
    public void Workers_WhoseBatchesNobodyTakes_MakeNoMoreThanPrefetchBatches()
    {
        var made = 0;
        using var full = new SemaphoreSlim(0);
        var source = new DataSource<int>(
            100,
            arguments =>
            {
                Interlocked.Increment(ref made);
                full.Release();
                return arguments.Batch;
            },
            new() { Workers = 2, PrefetchBatches = 3 });
        using var batches = source.GetEnumerator();

        batches.MoveNext();
        for (var batch = 0; batch < 4; batch++)
        {
            Assert.IsTrue(full.Wait(TimeSpan.FromSeconds(30)));
        }

        // One was taken and three may wait; a fifth would need a place.
        Assert.IsFalse(full.Wait(TimeSpan.FromMilliseconds(50)));
        Assert.AreEqual(4, Volatile.Read(ref made));
    }

    [TestMethod]
    public void Workers_OneIsSlow_OthersMakeWhatFollows()
    {
        using var others = new CountdownEvent(3);
        var source = new DataSource<int>(
            4,
            arguments =>
            {
                if (arguments.Batch > 0)
                {
                    others.Signal();
                }
                else
                {
                    // Only batches that are made meanwhile let the first one end.
                    Assert.IsTrue(others.Wait(TimeSpan.FromSeconds(30)));
                }

                return arguments.Batch;
            },
            new() { Workers = 2, PrefetchBatches = 4 });

        Assert.AreSequenceEqual(new[] { 0, 1, 2, 3 }, source.ToArray());
    }

    [TestMethod]
    public void Workers_GivenUp_TellWhatIsLoading()
    {
        using var loading = new ManualResetEventSlim();
        var source = new DataSource<int>(
            10,
            arguments =>
            {
                if (arguments.Batch > 0)
                {
                    loading.Set();
                    arguments.CancellationToken.WaitHandle.WaitOne();
                    arguments.CancellationToken.ThrowIfCancellationRequested();
                }

                return arguments.Batch;
            },
            new() { Workers = 1 });
        var batches = source.GetEnumerator();
        Assert.IsTrue(batches.MoveNext());
        Assert.IsTrue(loading.Wait(TimeSpan.FromSeconds(30)));

        // Returns, because the load is told; it would wait for ever else.
        batches.Dispose();

        Assert.IsFalse(batches.MoveNext());
    }

    [TestMethod]
    public void Batches_MadeOfItemTensors_KeepThemAndDisposeTheRest()
    {
        using var scope = NewDisposeScope();
        var spare = new List<Tensor>();
        var source = DataSource.From(
            Dataset.Create(2, arguments =>
            {
                spare.Add(ones(3));
                return zeros(2);
            }),
            items => items.ToList(),
            new() { BatchSize = 2, Workers = 1 });

        var batch = source.Single();

        Assert.HasCount(2, batch);
        Assert.IsTrue(batch.All(tensor => !tensor.IsInvalid && scope.Contains(tensor)));
        Assert.HasCount(2, spare);
        Assert.IsTrue(spare.All(tensor => tensor.IsInvalid));
    }

    [TestMethod]
    public void Batches_OfATypeThatHidesItsTensors_KeepThemAll()
    {
        using var scope = NewDisposeScope();
        var source = new DataSource<HiddenTensors>(1, _ => new HiddenTensors(), new() { Workers = 1 });

        var batch = source.Single();

        Assert.AreEqual(5f, batch.Sum());
    }

    [TestMethod]
    public void Tensors_OfADataset_KeptOutsideOfScopes_AreLeftAlone()
    {
        using var cached = ones(3).DetachFromDisposeScope();
        using (NewDisposeScope())
        {
            var source = DataSource.From(Dataset.Create(4, _ => cached), items => items[0], new() { Workers = 2 });
            Assert.HasCount(4, source.ToList());
        }

        Assert.IsFalse(cached.IsInvalid);
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

    private static DataSource<Tensor> Numbers(int count, DataSourceOptions options) =>
        DataSource.From(
            Dataset.Of(Enumerable.Range(0, count).Select(number => (float)number).ToList()), items => tensor([.. items]), options);

    private static DataSource<Tensor> Tracked(
        ConcurrentBag<Tensor> tensors, int count, DataSourceOptions options, Func<long, long>? load = null) =>
        DataSource.From(
            Dataset.Create(count, arguments =>
            {
                var item = tensor((float)(load ?? (index => index))(arguments.Index));
                tensors.Add(item);
                return item;
            }),
            items =>
            {
                var batch = stack(items);
                tensors.Add(batch);
                return batch;
            },
            options);

    private static List<string> Read(IEnumerable<Tensor> batches)
    {
        using var scope = NewDisposeScope();
        return [.. batches.Select(batch => string.Join(',', batch.data<float>().ToArray()))];
    }

    private sealed class HiddenTensors
    {
        private readonly Func<Tensor> _tensor;

        public HiddenTensors()
        {
            var hidden = full(1, 5f);
            _tensor = () => hidden;
        }

        public float Sum() => _tensor().sum().item<float>();
    }
}
