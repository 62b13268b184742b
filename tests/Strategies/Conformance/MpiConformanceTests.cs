using Fulgurite.Tests.Strategies.Mpi;

namespace Fulgurite.Tests.Strategies.Conformance;

/// <summary>A process without a launcher, which is a group of one.</summary>
[TestClass]
[Covers(typeof(MpiStrategy))]
public sealed class MpiConformanceTests : StrategyConformance
{
    protected override string? ReasonToSkip => MpiLauncher.HasLibrary ? null : "There is no MPI; eng/mpi.sh installs it.";

    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) => new MpiStrategy(checkpointIO);

    /// <summary>A program may have initialized MPI itself, with less than all threads.</summary>
    [TestMethod]
    public void Initialize_MpiIsInitialized_ReturnsTheLevelOfTheLibrary()
    {
        if (ReasonToSkip is { } reason)
        {
            Assert.Inconclusive(reason);
        }

        var process = MpiProcess.Join(null);

        Assert.AreEqual(process.ThreadLevel, process.Library.Initialize());
    }
}
