using TorchSharp;

namespace Fulgurite.Tests.Strategies;

/// <summary>Moves batches to the meta device, which needs no hardware.</summary>
[TestClass]
public sealed class BatchTransferTests
{
    [TestMethod]
    public void To_Cpu_GivesTheSameBatch()
    {
        var batch = new object();

        Assert.AreSame(batch, BatchTransfer.To(batch, CPU));
    }

    [TestMethod]
    public void To_TupleOfTensorsAndNumbers_MovesTheTensors()
    {
        using var scope = NewDisposeScope();

        var (inputs, (weights, count), name) = BatchTransfer.To((ones(2, 3), (zeros(4), 7), "batch"), META);

        Assert.AreEqual(DeviceType.META, inputs.device_type);
        Assert.AreEqual(DeviceType.META, weights.device_type);
        Assert.AreSequenceEqual(new long[] { 2, 3 }, inputs.shape);
        Assert.AreEqual(7, count);
        Assert.AreEqual("batch", name);
    }

    [TestMethod]
    public void To_ArraysListsAndDictionaries_MoveEveryTensor()
    {
        using var scope = NewDisposeScope();

        var array = BatchTransfer.To(new[] { ones(1), ones(2) }, META);
        var list = BatchTransfer.To(new List<Tensor> { ones(1) }, META);
        var map = BatchTransfer.To(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["x"] = ones(3) }, META);

        Assert.IsTrue(array.Concat(list).Append(map["x"]).All(tensor => tensor.device_type == DeviceType.META));
        Assert.HasCount(2, array);
    }

    [TestMethod]
    public void To_TypeThatMovesItself_IsAsked()
    {
        using var scope = NewDisposeScope();

        var moved = BatchTransfer.To(new OwnBatch(ones(2)), META);

        Assert.AreEqual(DeviceType.META, moved.Values.device_type);
    }

    [TestMethod]
    public void To_PartsWithinOneAnother_MovesEveryTensor()
    {
        using var scope = NewDisposeScope();
        var batch = new List<(Dictionary<int, Tensor[]> Named, List<(Tensor, string)> Texts)>
        {
            (new() { [3] = [ones(2), ones(4)] }, [(zeros(1), "one")]),
        };

        var moved = BatchTransfer.To(batch, META);

        Assert.AreEqual(DeviceType.META, moved[0].Named[3][1].device_type);
        Assert.AreSequenceEqual(new long[] { 4 }, moved[0].Named[3][1].shape);
        Assert.AreEqual(DeviceType.META, moved[0].Texts[0].Item1.device_type);
        Assert.AreEqual("one", moved[0].Texts[0].Item2);
        Assert.AreEqual(DeviceType.CPU, batch[0].Named[3][1].device_type);
    }

    [TestMethod]
    public void To_TupleOfNine_MovesTheLastToo()
    {
        using var scope = NewDisposeScope();

        var moved = BatchTransfer.To((1, 2, 3, 4, 5, 6, 7, ones(8), ones(9)), META);

        Assert.AreEqual(7, moved.Item7);
        Assert.AreEqual(DeviceType.META, moved.Item8.device_type);
        Assert.AreSequenceEqual(new long[] { 9 }, moved.Item9.shape);
    }

    [TestMethod]
    public void To_Records_AreCopiesWithOtherTensors()
    {
        using var scope = NewDisposeScope();
        var batch = new RecordBatch(ones(2), null, ["a", "b"]) { Extra = new ValueBatch(ones(3), 4) };

        var moved = BatchTransfer.To(batch, META);

        Assert.AreEqual(DeviceType.META, moved.Inputs.device_type);
        Assert.IsNull(moved.Weights);
        Assert.AreSame(batch.Names, moved.Names);
        Assert.AreEqual(DeviceType.META, moved.Extra.Values.device_type);
        Assert.AreEqual(4, moved.Extra.Count);
        Assert.AreEqual(DeviceType.CPU, batch.Inputs.device_type);
        Assert.AreEqual(DeviceType.CPU, batch.Extra.Values.device_type);
    }

    [TestMethod]
    public void To_RecordWithinATuple_IsMoved()
    {
        using var scope = NewDisposeScope();

        var (record, label) = BatchTransfer.To((new ValueBatch(ones(3), 4), ones(1)), META);

        Assert.AreEqual(DeviceType.META, record.Values.device_type);
        Assert.AreEqual(DeviceType.META, label.device_type);
    }

    [TestMethod]
    public void To_DictionaryWithARuleForKeys_KeepsIt()
    {
        using var scope = NewDisposeScope();

        var moved = BatchTransfer.To(new Dictionary<string, Tensor>(StringComparer.OrdinalIgnoreCase) { ["x"] = ones(1) }, META);

        Assert.AreEqual(DeviceType.META, moved["X"].device_type);
    }

    [TestMethod]
    public void To_ClassWithinATuple_IsNamed()
    {
        using var scope = NewDisposeScope();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => BatchTransfer.To((ones(1), new Version(1, 0)), META));

        Assert.StartsWith("A batch of type Version cannot be moved to meta.", error.Message);
    }

    [TestMethod]
    public void To_UnknownType_NamesItAndTheWayOut()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => BatchTransfer.To(new Version(1, 0), META));

        Assert.StartsWith("A batch of type Version cannot be moved to meta.", error.Message);
        Assert.Contains(nameof(IDeviceTransferable), error.Message);
    }

    private sealed class OwnBatch(Tensor values) : IDeviceTransferable
    {
        public Tensor Values { get; } = values;

        public object To(Device device) => new OwnBatch(Values.to(device));
    }

    private sealed record RecordBatch(Tensor Inputs, Tensor? Weights, string[] Names)
    {
        public ValueBatch Extra { get; init; }
    }

    private readonly record struct ValueBatch(Tensor Values, int Count);
}
