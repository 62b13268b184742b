namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>Strategies that cannot be, each with its whole message.</summary>
[TestClass]
public sealed class WrongStrategyTests
{
    private readonly Journal _journal = new();

    [TestMethod]
    public void AddStrategy_Twice_IsRefused()
    {
        var builder = Compose.Services().AddTrainer().AddStrategy<FakeStrategy>();

        Assert.AreEqual(
            "The trainer already has a strategy, FakeStrategy, and cannot have another, ShardingStrategy. Call AddStrategy only once.",
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddStrategy<ShardingStrategy>()).Message);
    }

    [TestMethod]
    public void Resolve_PrecisionThatAStrategyThatIsMadeHasNot_IsRefusedWithTheOptions()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer(
            options => (options.MaxEpochs, options.Precision) = (-1, Precision.MixedFloat16)).AddStrategy(
                new FakeStrategy(new OtherIO(_journal)));

        var failures = services.Failures().ToList();

        Assert.HasCount(2, failures);
        Assert.AreEqual("TrainerOptions.MaxEpochs is -1; allowed is 0 or more.", failures[0]);
        Assert.StartsWith("TrainerOptions.Precision is MixedFloat16", failures[1]);
    }

    [TestMethod]
    public void Resolve_StrategyRegisteredAndAdded_SaysToKeepOne()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<IStrategy>(_ => new FakeStrategy(new OtherIO(_journal)));
        services.AddTrainer().AddStrategy<ShardingStrategy>();
        using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given ShardingStrategy with AddStrategy, and FakeStrategy is registered as IStrategy in the services. Keep "
                + "one of the two.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public void Resolve_ScopedServiceInAPlugin_IsRefusedWhereScopesAreValidated()
    {
        var services = new ServiceCollection();
        services.AddScoped<Journal>();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        Assert.Contains("scoped", Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }
}
