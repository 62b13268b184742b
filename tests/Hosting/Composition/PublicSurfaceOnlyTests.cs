using System.Reflection;
using System.Runtime.CompilerServices;
using Fulgurite.Loggers;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>The packages of this repository use of each other what every plug-in can use.</summary>
[TestClass]
public sealed class PublicSurfaceOnlyTests
{
    // Formats read and capture tensors below the public surface, and the tool reads files below that of the formats.
    // The bench is not shipped; its crash tests record the calls of the local storage.
    private static readonly string[] Exceptions = ["Fulgurite.IO", "Fulgurite.Cli", "Fulgurite.Bench"];

    public static IEnumerable<object[]> Packages =>
        new[]
        {
            typeof(Trainer), typeof(SingleDeviceStrategy), typeof(TorchCheckpointIO), typeof(EarlyStopping), typeof(CsvLogger),
            typeof(TrainerCreation),
        }
            .Select(type => new object[] { type.Assembly });

    [TestMethod]
    [DynamicData(nameof(Packages))]
    public void Internals_OfAPackage_AreVisibleToTestsOnly(Assembly package)
    {
        var friends = package.GetCustomAttributes<InternalsVisibleToAttribute>()
            .Select(friend => friend.AssemblyName)
            .Where(friend => !friend.EndsWith(".Tests", StringComparison.Ordinal))
            .Except(Exceptions);

        Assert.IsEmpty(friends);
    }
}
