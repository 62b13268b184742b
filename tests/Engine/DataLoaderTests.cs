using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class DataLoaderTests
{
    [TestMethod]
    [DataRow(false, "0 1 2|3 4 5|6", 3L)]
    [DataRow(true, "0 1 2|3 4 5", 2L)]
    public void Loader_InOrder_GivesBatchesWithOrWithoutTheLast(bool dropLast, string expected, long count)
    {
        using var loader = torch.utils.data.DataLoader(new Squares(7), 3, drop_last: dropLast);
        Assert.AreEqual(count, loader.Count);
        Assert.AreEqual(expected, Walk(loader));
        Assert.AreEqual(expected, Walk(loader));
    }

    [TestMethod]
    public void Loader_OfNamedTensors_StacksThem()
    {
        using var loader = torch.utils.data.DataLoader(new Squares(4), 2, disposeBatch: false);
        using var scope = NewDisposeScope();
        var batch = loader.Last();
        CollectionAssert.AreEqual(new[] { "x", "pair" }, batch.Keys.ToList());
        CollectionAssert.AreEqual(new long[] { 2, 2 }, batch["pair"].shape);
        CollectionAssert.AreEqual(new float[] { 2, 4, 3, 9 }, batch["pair"].data<float>().ToArray());
    }

    [TestMethod]
    public void Loader_WithSeed_ShufflesTheSameWayEveryTime()
    {
        using var seeded = torch.utils.data.DataLoader(new Squares(50), 10, shuffle: true, seed: 4);
        using var other = torch.utils.data.DataLoader(new Squares(50), 10, shuffle: true, seed: 5);
        var first = Walk(seeded);
        Assert.AreEqual(first, Walk(seeded));
        Assert.AreNotEqual(first, Walk(other));
        CollectionAssert.AreEqual(Enumerable.Range(0, 50).ToList(), Numbers(first).Order().ToList());
    }

    [TestMethod]
    public void Loader_WithoutSeed_ShufflesAnewEveryTime()
    {
        using var loader = torch.utils.data.DataLoader(new Squares(60), 60, shuffle: true);
        var first = Walk(loader);
        Assert.AreNotEqual(first, Walk(loader));
        CollectionAssert.AreEqual(Enumerable.Range(0, 60).ToList(), Numbers(first).Order().ToList());
    }

    [TestMethod]
    public void Loader_WithShuffler_TakesItsOrder()
    {
        using var loader = torch.utils.data.DataLoader(new Squares(9), 2, [8L, 0, 3]);
        Assert.AreEqual("8 0|3", Walk(loader));
    }

    [TestMethod]
    public void Shuffler_WithSeed_HasThisOrder()
    {
        // The inside-out shuffle over System.Random, whose seeded sequence is fixed.
        var order = new FisherYatesShuffler(10, 1).ToList();
        CollectionAssert.AreEqual(Reference(10, 1), order);

        static List<long> Reference(int size, int seed)
        {
            var random = new Random(seed);
            var list = new List<long>();
            for (var i = 0; i < size; i++)
            {
                var draw = ((long)random.Next() << 32) + random.Next();
                list.Add(0);
                var place = (int)(draw % (i + 1));
                list[i] = list[place];
                list[place] = i;
            }

            return list;
        }
    }

    [TestMethod]
    public void Loader_WithWorkers_KeepsTheOrderAndLeavesNoTensor()
    {
        var before = Tensor.TotalCount;
        using (var loader = torch.utils.data.DataLoader(new Squares(40), 8, num_worker: 4))
        {
            Assert.AreEqual(string.Join('|', Enumerable.Range(0, 5).Select(b => string.Join(' ', Enumerable.Range(b * 8, 8)))), Walk(loader));
        }

        Assert.AreEqual(before, Tensor.TotalCount);
    }

    [TestMethod]
    public void Batch_WhenTheNextIsAskedFor_IsDisposedUnlessToldNotTo()
    {
        using var loader = torch.utils.data.DataLoader(new Squares(4), 2);
        using var keeping = torch.utils.data.DataLoader(new Squares(4), 2, disposeBatch: false);
        using var scope = NewDisposeScope();
        var gone = loader.Select(batch => batch["x"]).ToList();
        Assert.IsTrue(gone.TrueForAll(tensor => tensor.IsInvalid));
        var kept = keeping.Select(batch => batch["x"]).ToList();
        Assert.IsTrue(kept.TrueForAll(tensor => !tensor.IsInvalid));
        kept.ForEach(tensor => tensor.Dispose());
    }

    [TestMethod]
    public void TensorDataset_InLoader_GivesSlicesOfEachTensor()
    {
        using var scope = NewDisposeScope();
        using var dataset = torch.utils.data.TensorDataset(arange(6).reshape(3, 2), arange(3) * 10);
        using var loader = torch.utils.data.DataLoader(dataset, 2);
        Assert.AreEqual(3, dataset.Count);
        var seen = new List<string>();
        foreach (var batch in loader)
        {
            seen.Add(string.Join(';', batch.Select(tensor => string.Join(',', tensor.data<long>().ToArray()))));
        }

        CollectionAssert.AreEqual(new[] { "0,1,2,3;0,10", "4,5;20" }, seen);
        Assert.ThrowsExactly<ArgumentException>(() => torch.utils.data.TensorDataset(ones(2), ones(3)));
    }

    [TestMethod]
    public void GenericLoader_WithOwnCollation_MakesAnyBatch()
    {
        using var loader = new DataLoader<int, string>(new Numbered(5), 2, (items, _) => string.Join('+', items));
        CollectionAssert.AreEqual(new[] { "0+1", "2+3", "4" }, loader.ToList());
    }

    [TestMethod]
    public void Dispose_OfLoader_DisposesTheDatasetUnlessToldNotTo()
    {
        var kept = new Numbered(1);
        new DataLoader<int, int>(kept, 1, (items, _) => items.Sum(), disposeDataset: false).Dispose();
        Assert.IsFalse(kept.IsDisposed);
        new DataLoader<int, int>(kept, 1, (items, _) => items.Sum()).Dispose();
        Assert.IsTrue(kept.IsDisposed);
    }

    private static string Walk(DataLoader loader) => string.Join('|', loader.Select(batch => string.Join(' ', batch["x"].data<long>().ToArray())));

    private static IEnumerable<int> Numbers(string walk) => walk.Split('|', ' ').Select(int.Parse);

    private sealed class Squares(int count) : torch.utils.data.Dataset
    {
        public override long Count => count;

        public override Dictionary<string, Tensor> GetTensor(long index) => new(StringComparer.Ordinal)
        {
            ["x"] = tensor(index),
            ["pair"] = tensor(new float[] { index, index * index }),
        };
    }

    private sealed class Numbered(int count) : torch.utils.data.Dataset<int>
    {
        internal bool IsDisposed { get; private set; }

        public override long Count => count;

        public override int GetTensor(long index) => (int)index;

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
