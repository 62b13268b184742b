using Fulgurite.Strategies;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Strategies;

/// <summary>Moves batches to the meta device, which every engine has.</summary>
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
}
