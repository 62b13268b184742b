using static TorchSharp.torch;

namespace Fulgurite.Testing.Conformance;

/// <content>Communication between processes.</content>
public abstract partial class StrategyConformance
{
    /// <summary>Conditions are combined by "all" or by "any".</summary>
    [TestMethod]
    public void ReduceDecision_OfAll_CountsEveryProcess() => ForEach((strategy, rank) =>
    {
        Assert.IsTrue(strategy.Collectives.ReduceDecision(true));
        Assert.IsFalse(strategy.Collectives.ReduceDecision(false));
        Assert.IsFalse(strategy.Collectives.ReduceDecision(false, all: false));
        Assert.AreEqual(WorldSize == 1, strategy.Collectives.ReduceDecision(rank == 0));
        Assert.IsTrue(strategy.Collectives.ReduceDecision(rank == WorldSize - 1, all: false));
    });

    /// <summary>Values of all processes are reduced to one, in every process.</summary>
    /// <param name="operation">The reduction.</param>
    [TestMethod]
    [DataRow(ReduceOperation.Mean)]
    [DataRow(ReduceOperation.Sum)]
    [DataRow(ReduceOperation.Min)]
    [DataRow(ReduceOperation.Max)]
    public void AllReduce_ValuesOfAll_GivesOneOfTheSameShape(ReduceOperation operation) => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        var value = full(2, 3, rank + 1f, device: strategy.RootDevice);
        var expected = operation switch
        {
            ReduceOperation.Sum => WorldSize * (WorldSize + 1) / 2f,
            ReduceOperation.Min => 1,
            ReduceOperation.Max => WorldSize,
            _ => (WorldSize + 1) / 2f,
        };

        var reduced = strategy.Collectives.AllReduce(value, operation);

        Assert.AreSequenceEqual(new long[] { 2, 3 }, reduced.shape);
        Assert.AreEqual(ScalarType.Float32, reduced.dtype);
        Assert.IsFalse(reduced.requires_grad);
        Assert.AreEqual(expected, Number(reduced.min()), 1e-6f);
        Assert.AreEqual(expected, Number(reduced.max()), 1e-6f);
        Assert.AreEqual(rank + 1f, Number(value.max()), "The argument must not change.");
    });

    /// <summary>Gathered tensors are in rank order.</summary>
    [TestMethod]
    public void AllGather_TensorsOfAll_StacksThemByRank() => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();

        var all = strategy.Collectives.AllGather(full(2, rank, dtype: ScalarType.Int64, device: strategy.RootDevice));

        Assert.AreSequenceEqual(new long[] { WorldSize, 2 }, all.shape);
        Assert.AreEqual(ScalarType.Int64, all.dtype);
        Assert.AreSequenceEqual(
            Enumerable.Range(0, WorldSize).SelectMany(each => new long[] { each, each }), all.cpu().data<long>().ToArray());
    });

    /// <summary>A broadcast value is the same in all processes.</summary>
    [TestMethod]
    public void Broadcast_FromEach_ReachesAll() => ForEach((strategy, rank) =>
    {
        for (var source = 0; source < WorldSize; source++)
        {
            Assert.AreEqual($"of {source} ünd\n", strategy.Collectives.Broadcast($"of {rank} ünd\n", source), StringComparer.Ordinal);
            Assert.AreEqual(double.NaN, strategy.Collectives.Broadcast(rank == source ? double.NaN : 0, source));
            Assert.AreEqual(source + 0.1, strategy.Collectives.Broadcast(rank + 0.1, source));
            Assert.AreEqual(
                source == 0 ? null : "x", strategy.Collectives.Broadcast(rank == 0 ? null : "x", source), StringComparer.Ordinal);
        }
    });

    /// <summary>The tensor of one process is that of all, to the last bit.</summary>
    [TestMethod]
    public void Broadcast_TensorFromEach_ReachesAllUnchanged() => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        for (var source = 0; source < WorldSize; source++)
        {
            var value = tensor(new[] { rank + 0.1f, -0f, float.NaN }, device: strategy.RootDevice);

            var received = strategy.Collectives.Broadcast(value, source);

            Assert.AreSequenceEqual(
                new[] { source + 0.1f, -0f, float.NaN }.Select(BitConverter.SingleToInt32Bits),
                received.cpu().data<float>().Select(BitConverter.SingleToInt32Bits));
            Assert.IsFalse(received.requires_grad);
            Assert.AreEqual(rank + 0.1f, Number(value[0]), "The argument is not changed.");
        }
    });

    /// <summary>No process passes a barrier before all have reached it.</summary>
    [TestMethod]
    public void Barrier_Passed_AllHaveComeToIt()
    {
        var arrived = 0;
        ForEach((strategy, _) =>
        {
            for (var round = 1; round <= 3; round++)
            {
                Interlocked.Increment(ref arrived);
                strategy.Collectives.Barrier();
                Assert.IsTrue(Volatile.Read(ref arrived) >= round * WorldSize);
            }
        });
        Assert.AreEqual(3 * WorldSize, arrived);
    }
}
