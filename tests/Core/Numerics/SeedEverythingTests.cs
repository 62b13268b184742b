namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
public sealed class SeedEverythingTests
{
    [TestMethod]
    public void SeedEverything_SameSeedTwice_GivesTheSameNumbers()
    {
        using var scope = NewDisposeScope();
        Assert.AreEqual(7, Trainer.SeedEverything(7));
        var first = (randn(5).data<float>().ToArray(), nn.Linear(3, 3).weight!.data<float>().ToArray());
        var other = randn(5).data<float>().ToArray();

        Trainer.SeedEverything(7);

        Assert.AreSequenceEqual(first.Item1, randn(5).data<float>().ToArray());
        Assert.AreSequenceEqual(first.Item2, nn.Linear(3, 3).weight!.data<float>().ToArray());
        Assert.AreSequenceEqual(other, randn(5).data<float>().ToArray());
        Assert.AreEqual(7, Trainer.Seed);
    }
}
