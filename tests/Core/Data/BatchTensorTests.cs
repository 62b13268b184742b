using System.Collections.Concurrent;
using static Fulgurite.Tests.Core.Data.SampleSources;

namespace Fulgurite.Tests.Core.Data;

/// <summary>The tensors of batches and items: kept by the reader, or disposed.</summary>
[TestClass]
public sealed class BatchTensorTests
{
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
