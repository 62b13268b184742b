using Fulgurite.Bench.Crash;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>The states of a disk after a power cut, and that the replay finds what it is there for.</summary>
[TestClass]
public sealed class PowerCutTests(TestContext context)
{
    private const int Seeds = 12;

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public void Run_RecordedSaves_LosesNothing()
    {
        var tally = new CrashTally();
        var states = Slow.IsOn ? 100_000 : 5000;

        new PowerCutRun(Folder, tally).Run(states, seed: 1);

        Assert.AreEqual((states, 0, 0), (tally.States, tally.Unreadable, tally.Lost));
    }

    [TestMethod]
    [DataRow(nameof(DiskOperationKind.Sync))]
    [DataRow(nameof(DiskOperationKind.SyncDirectory))]
    public void Replay_WithoutOneKindOfSync_FindsIt(string kind) =>
        Assert.AreEqual(Seeds, Found(operations => [.. operations.Where(operation => $"{operation.Kind}" != kind)]));

    [TestMethod]
    public void Replay_SyncsAfterTheRename_FindsIt() => Assert.AreEqual(Seeds, Found(operations =>
    {
        var swapped = operations.ToList();
        for (var index = 1; index < swapped.Count; index++)
        {
            if (swapped[index - 1].Kind == DiskOperationKind.Sync && swapped[index].Kind == DiskOperationKind.Rename)
            {
                (swapped[index - 1], swapped[index]) = (swapped[index], swapped[index - 1]);
            }
        }

        return swapped;
    }));

    /// <summary>A failed sync that is taken for a success, or is tried once more: the content is not on the disk.</summary>
    [TestMethod]
    public void Replay_FailedSyncIsFollowedByAnotherOne_FindsIt() => Assert.AreEqual(Seeds, Found(operations =>
        [
            .. operations.SelectMany(
                operation =>
                    operation.Kind == DiskOperationKind.Sync ? new[] { operation with { IsFailed = true }, operation } : [operation]),
        ]));

    private int Found(Func<IReadOnlyList<DiskOperation>, IReadOnlyList<DiskOperation>> change) => Enumerable.Range(1, Seeds).Count(seed =>
    {
        var tally = new CrashTally();
        var run = new PowerCutRun(Folder, tally);
        run.Replay(change(run.Record(seed)), seed, int.MaxValue);
        return tally.HasFailures;
    });
}
