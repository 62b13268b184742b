using System.Reflection;

namespace Fulgurite.Tests.Strategies.Conformance;

[TestClass]
public sealed class CoverageTests
{
    [TestMethod]
    public void EveryStrategy_OfThisRepository_HasInheritedTheSuite()
    {
        var covered = new HashSet<Type>();
        foreach (var suite in typeof(CoverageTests).Assembly.GetTypes().Where(
            type => !type.IsAbstract && type.IsSubclassOf(typeof(StrategyConformance))))
        {
            Assert.IsNotNull(suite.GetCustomAttribute<TestClassAttribute>(), $"{suite.Name} never runs: it lacks [TestClass].");
            covered.UnionWith(suite.GetCustomAttributes<CoversAttribute>().Select(covers => covers.Strategy));
            covered.Add(Made(suite) ?? suite);
        }

        var missing = AllStrategies().Except(covered).Select(type => type.FullName).ToList();
        Assert.IsEmpty(missing, $"Without a conformance test: {string.Join(", ", missing)}.");
    }

    private static Type? Made(Type suite)
    {
        try
        {
            var create = suite.GetMethod("Create", BindingFlags.Instance | BindingFlags.NonPublic)!;
            using var strategy = (Strategy)create.Invoke(
                Activator.CreateInstance(suite), [new InMemoryCheckpointIO(), 0, new ProcessGroup(1)])!;
            return strategy.GetType();
        }
        catch (TargetInvocationException)
        {
            // A device that this machine has not; the suite says what it covers.
            return null;
        }
    }

    private static IEnumerable<Type> AllStrategies() =>
        new[]
        {
            typeof(IStrategy).Assembly, typeof(SingleDeviceStrategy).Assembly, typeof(StrategyConformance).Assembly,
            typeof(TrainerCreation).Assembly,
        }
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IStrategy)));
}
