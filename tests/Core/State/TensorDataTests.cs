using System.Runtime.InteropServices;

namespace Fulgurite.Tests.Core.State;

[TestClass]
public sealed class TensorDataTests
{
    [TestMethod]
    public void CopyTo_TransposedView_GivesRowAfterRow()
    {
        using var storage = Storage(1, 2, 3, 4, 5, 6);
        var transposed = new TensorData(storage, ScalarType.Int32, [3, 2], [1, 3]);

        Assert.IsFalse(transposed.IsContiguous);
        Assert.AreSequenceEqual(new[] { 1, 4, 2, 5, 3, 6 }, Read(transposed));
    }

    [TestMethod]
    public void CopyTo_ExpandedDimension_RepeatsTheElement()
    {
        using var storage = Storage(7, 8);
        var expanded = new TensorData(storage, ScalarType.Int32, [2, 3], [1, 0]);

        Assert.AreSequenceEqual(new[] { 7, 7, 7, 8, 8, 8 }, Read(expanded));
        Assert.AreEqual(2, expanded.Extent);
    }

    [TestMethod]
    public void CopyTo_SingleNumberAndEmptyTensor_CopyOneAndNothing()
    {
        using var storage = Storage(9, 10);
        using var nothing = new HostTensorStorage(0);

        Assert.AreSequenceEqual(new[] { 10 }, Read(new TensorData(storage, ScalarType.Int32, [], [], storageOffset: 1)));
        Assert.AreSequenceEqual(Array.Empty<int>(), Read(new TensorData(nothing, ScalarType.Int32, [0, 4], [4, 1])));
    }

    [TestMethod]
    public void FromTensor_SimilarTensors_AreDescribedEachAsItIs()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var tensors = new[]
        {
            TorchSharp.torch.rand(2, 3), TorchSharp.torch.ones(2, 3), TorchSharp.torch.ones(2, 3, dtype: ScalarType.Int32),
            TorchSharp.torch.rand(3, 2), TorchSharp.torch.rand(2, 3).transpose(0, 1), TorchSharp.torch.rand(6), TorchSharp.torch.rand(0, 3),
            TorchSharp.torch.rand(2, 3), TorchSharp.torch.rand(2, 3, dtype: ScalarType.ComplexFloat32), TorchSharp.torch.tensor(1f),
        };

        foreach (var tensor in tensors)
        {
            var data = TensorData.FromTensor(tensor, TensorStability.Frozen);

            Assert.AreEqual(tensor.dtype, data.Type);
            Assert.AreSequenceEqual(tensor.shape, data.Shape.ToArray());
            Assert.AreSequenceEqual(tensor.stride(), data.Strides.ToArray());
            Assert.AreEqual(tensor.numel(), data.ElementCount);
            Assert.AreEqual(tensor.is_contiguous(), data.IsContiguous);
            Assert.AreEqual(tensor.numel() * tensor.ElementSize, data.ByteLength);
            Assert.AreEqual(data.ByteLength, data.Storage.ByteLength);
            Assert.AreEqual(TensorStability.Frozen, data.Stability);
            Assert.AreEqual(tensor.numel() == 0, data.Address == 0);
            if (data.ElementCount > 0)
            {
                Assert.AreSequenceEqual(tensor.contiguous().bytes.ToArray(), Bytes(data));
            }
        }
    }

    [TestMethod]
    public void Constructor_TensorLeavesItsStorage_IsRefused()
    {
        using var storage = Storage(1, 2, 3);

        Assert.ThrowsExactly<ArgumentException>(() => new TensorData(storage, ScalarType.Int32, [2], [1], storageOffset: 2));
        Assert.ThrowsExactly<ArgumentException>(() => new TensorData(storage, ScalarType.Int64, [2], [1]));
        Assert.ThrowsExactly<ArgumentException>(() => new TensorData(storage, ScalarType.Int32, [2], [1, 1]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new TensorData(storage, ScalarType.Int32, [-1], [1]));
        Assert.ThrowsExactly<OverflowException>(() => new TensorData(storage, ScalarType.Int32, [long.MaxValue, 4], [4, 1]));
    }

    [TestMethod]
    public void Address_DisposedStorage_Throws()
    {
        var storage = Storage(1);
        storage.Dispose();
        storage.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => storage.Address);
    }

    [TestMethod]
    public void Layout_TiedAndOverlappingTensors_ShareOnePiece()
    {
        using var storage = Storage(1, 2, 3, 4, 5, 6, 7, 8);
        using var other = Storage(9, 10);
        var whole = new TensorData(storage, ScalarType.Int32, [4], [1], storageOffset: 2);
        var tied = new TensorData(storage, ScalarType.Int32, [2, 2], [2, 1], storageOffset: 2);
        var overlapping = new TensorData(storage, ScalarType.Int32, [3], [1], storageOffset: 5);
        var apart = new TensorData(other, ScalarType.Int32, [2], [1]);
        using var state = new TrainingState(
            new StateMap { ["apart"] = apart, ["overlapping"] = overlapping, ["whole"] = whole, ["tied"] = tied });

        var layout = StorageLayout.Of(state);

        Assert.HasCount(2, layout.Pieces);
        Assert.AreEqual(new StoragePlace(0, 0), layout[apart]);
        Assert.AreEqual(new StoragePlace(1, 0), layout[whole]);
        Assert.AreEqual(new StoragePlace(1, 0), layout[tied]);
        Assert.AreEqual(new StoragePlace(1, 3), layout[overlapping]);
        Assert.AreEqual(6 * sizeof(int), layout.Pieces[1].ByteLength, "from the first element used to the last");
    }

    [TestMethod]
    public void Layout_NeighboursThatDoNotOverlap_StayApart()
    {
        using var storage = Storage(1, 2, 3, 4);
        var left = new TensorData(storage, ScalarType.Int32, [2], [1]);
        var right = new TensorData(storage, ScalarType.Int32, [2], [1], storageOffset: 2);
        using var state = new TrainingState(new StateMap { ["left"] = left, ["right"] = right });

        Assert.HasCount(2, StorageLayout.Of(state).Pieces);
    }

    [TestMethod]
    public void Layout_TheSameTensorInSeveralPlaces_CountsOnce()
    {
        using var storage = Storage(1, 2, 3, 4);
        var part = new TensorData(storage, ScalarType.Int32, [2], [1], storageOffset: 2);
        var whole = new TensorData(storage, ScalarType.Int32, [4], [1]);
        var empty = new TensorData(storage, ScalarType.Int32, [0], [1]);
        var alsoEmpty = new TensorData(storage, ScalarType.Int32, [0], [1]);
        using var state = new TrainingState(new StateMap
        {
            ["part"] = part,
            ["empty"] = empty,
            ["partAgain"] = part,
            ["whole"] = whole,
            ["emptyAgain"] = empty,
            ["alsoEmpty"] = alsoEmpty,
        });

        var layout = StorageLayout.Of(state);

        Assert.HasCount(3, layout.Pieces);
        CollectionAssert.AreEqual(new[] { whole, part }, layout.Pieces[0].Tensors.ToArray());
        CollectionAssert.AreEqual(new[] { empty }, layout.Pieces[1].Tensors.ToArray());
        CollectionAssert.AreEqual(new[] { alsoEmpty }, layout.Pieces[2].Tensors.ToArray());
    }

    [TestMethod]
    public void Layout_AskedInAnyOrder_GivesTheSamePlaces()
    {
        var storages = Enumerable.Range(0, 50).Select(index => Storage(index, index + 1)).ToList();
        var tensors = storages.ConvertAll(storage => new TensorData(storage, ScalarType.Int32, [2], [1]));
        using var state = new TrainingState(new StateMap { ["tensors"] = new StateList([.. tensors, tensors[7], .. tensors]) });
        var layout = StorageLayout.Of(state);
        var random = new Random(1);

        foreach (var index in Enumerable.Range(0, 50).Concat(Enumerable.Range(0, 300).Select(_ => random.Next(50))))
        {
            Assert.AreSame(tensors[index], layout.Pieces[layout[tensors[index]].Piece].Tensors[0]);
        }

        storages.ForEach(storage => storage.Dispose());
    }

    [TestMethod]
    public void Layout_OfATensorThatIsNotInTheState_Throws()
    {
        using var storage = Storage(1, 2);
        using var state = new TrainingState(new StateMap { ["in"] = new TensorData(storage, ScalarType.Int32, [2], [1]) });

        Assert.ThrowsExactly<KeyNotFoundException>(() => StorageLayout.Of(state)[new TensorData(storage, ScalarType.Int32, [2], [1])]);
    }

    private static HostTensorStorage Storage(params int[] values)
    {
        var storage = new HostTensorStorage(values.Length * sizeof(int));
        MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(storage.GetWritableBytes(0, values.Length * sizeof(int)));
        return storage;
    }

    private static int[] Read(TensorData tensor)
    {
        var values = new int[tensor.ElementCount];
        tensor.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    [TestMethod]
    public void FromTensor_ConjugatedView_IsRefused()
    {
        using var scope = NewDisposeScope();
        var values = complex(arange(4, dtype: ScalarType.Float32), arange(4, dtype: ScalarType.Float32) + 1);
        var conjugated = values.conj();

        // Their memory is that of the tensor itself, so what would be saved is not what the view shows.
        Assert.ThrowsExactly<NotSupportedException>(() => TensorData.FromTensor(conjugated));
        Assert.ThrowsExactly<NotSupportedException>(() => TensorData.FromTensor(conjugated.imag));
        Assert.AreEqual(4, TensorData.FromTensor(conjugated.resolve_conj()).ElementCount);
        Assert.AreEqual(4, TensorData.FromTensor(values.imag).ElementCount);
    }

    private static byte[] Bytes(TensorData data)
    {
        var bytes = new byte[data.ByteLength];
        data.CopyTo(bytes);
        return bytes;
    }
}
