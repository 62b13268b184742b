using System.Reflection;
using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class CoverageTests
{
    [TestMethod]
    public async Task EveryCheckpointIO_OfThisRepository_HasInheritedTheSuite()
    {
        var covered = new HashSet<Type>();
        foreach (var suite in typeof(CoverageTests).Assembly.GetTypes().Where(
            type => !type.IsAbstract && type.IsSubclassOf(typeof(CheckpointIOConformance))))
        {
            Assert.IsNotNull(suite.GetCustomAttribute<TestClassAttribute>(), $"{suite.Name} never runs: it lacks [TestClass].");
            using var directory = new TemporaryDirectory();
            await using var io = (CheckpointIO)suite.GetMethod(
                "Create", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(Activator.CreateInstance(suite), [directory.Path])!;
            for (var layer = io; layer is not null; layer = (layer as WrappingCheckpointIO)?.Inner)
            {
                covered.Add(layer.GetType());
            }
        }

        // Doubles that hold back or fail saves on purpose keep only what they are made for; tests use them all the time.
        Type[] doubles = [typeof(GatedCheckpointIO), typeof(SlowCheckpointIO)];
        var missing = AllCheckpointIOs().Except(covered).Except(doubles).Select(type => type.FullName).ToList();
        Assert.IsEmpty(missing, $"Without a conformance test: {string.Join(", ", missing)}.");
    }

    private static IEnumerable<Type> AllCheckpointIOs() =>
        new[]
        {
            typeof(CheckpointIO).Assembly,
            typeof(Fulgurite.AsyncCheckpointIO).Assembly,
            typeof(CheckpointIOConformance).Assembly,
            typeof(Trainer).Assembly,
        }
            .Distinct()
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(CheckpointIO)));
}
