using TorchSharp;

namespace Fulgurite.Tests.Strategies;

[TestClass]
public sealed class SingleDeviceStrategyTests
{
    [TestMethod]
    public async Task OptimizerStep_Always_PassesTheFenceBeforeParametersChange()
    {
        using var linear = nn.Linear(2, 1);
        using var optimizer = optim.SGD(linear.parameters(), 0.1);
        var before = linear.weight!.data<float>().ToArray();
        float[] atFence = [];
        await using var strategy = new SingleDeviceStrategy(
            new FenceProbe { OnFence = () => atFence = linear.weight!.data<float>().ToArray() });
        using (NewDisposeScope())
        {
            strategy.Backward(linear.call(ones(3, 2)).sum());
            strategy.OptimizerStep(optimizer);
        }

        Assert.AreSequenceEqual(before, atFence);
        Assert.AreNotEqual(before[0], linear.weight!.data<float>()[0]);
    }

    [TestMethod]
    public async Task SetUp_ModuleThatMoves_PassesTheFence()
    {
        var fence = new FenceProbe();
        using var linear = nn.Linear(2, 1);
        await using var strategy = new SingleDeviceStrategy(fence);

        strategy.SetUp(linear);

        Assert.AreEqual(1, fence.Count);
        Assert.AreEqual(DeviceType.CPU, strategy.RootDevice.type);
        Assert.AreEqual(0, strategy.Collectives.Rank);
        Assert.AreEqual(1, strategy.Collectives.WorldSize);
        Assert.IsTrue(strategy.Collectives.ReduceDecision(true));
    }
}
