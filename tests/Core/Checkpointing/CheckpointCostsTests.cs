namespace Fulgurite.Tests.Core.Checkpointing;

[TestClass]
public sealed class CheckpointCostsTests
{
    private static readonly CheckpointCosts Costs = new(
        Saves: 3, Durable: 2, Superseded: 1, Failed: 0, Bytes: 3 << 20, Stall: TimeSpan.FromMilliseconds(4.5),
        LongestStall: TimeSpan.FromMilliseconds(3), Drain: TimeSpan.FromMilliseconds(20));

    [TestMethod]
    public void ToString_ProcessorTimeIsKnown_StatesItAfterTheStall() =>
        Assert.AreEqual(
            "2 of 3 checkpoints durable (3.0 MiB, 1 superseded by newer ones); training waited 4.5 ms in all, 3.0 ms at most for one, "
                + "and 20 ms at the end; writing took 31 ms of processor time.",
            (Costs with { ProcessorTime = TimeSpan.FromMilliseconds(31.2) }).ToString());

    [TestMethod]
    public void ToString_ProcessorTimeIsUnknown_OmitsIt() => Assert.EndsWith("and 20 ms at the end.", Costs.ToString());
}
