namespace Fulgurite.Tests.IO.Async;

/// <summary>When a plan is used again, and what it holds.</summary>
[TestClass]
public sealed class CapturePlanTests(TestContext context)
{
    private const int Elements = 1024;

    [TestMethod]
    [DataRow(Elements, true)]
    [DataRow(Elements - 1, false)]
    public void TryAdapt_TensorMovesBehindAnother_AcceptsItUnlessTheyOverlap(int distance, bool expected)
    {
        using var memory = new LiveMemory(4 * Elements * sizeof(float));
        using var elsewhere = new LiveMemory(Elements * sizeof(float));
        var plan = PlanOf(Part(memory, 0), Part(elsewhere, 0));

        var adapts = plan.TryAdapt([Part(memory, 0), Part(memory, distance)]);

        Assert.AreEqual(expected, adapts);
        plan.Release();
    }

    [TestMethod]
    public void TryAdapt_VolatileTensorMoves_CopiesFromItsNewAddress()
    {
        using var before = new LiveMemory(Elements * sizeof(float));
        using var after = new LiveMemory(Elements * sizeof(float));
        var plan = PlanOf(Part(before, 0));

        Assert.IsTrue(plan.TryAdapt([Part(after, 0)]));

        Assert.AreEqual(after.Address, plan.Pieces[0].Source);
        plan.Release();
    }

    [TestMethod]
    public void TryAdapt_TiedTensorsMoveApart_NeedsANewPlan()
    {
        using var shared = new LiveMemory(Elements * sizeof(float));
        using var other = new LiveMemory(Elements * sizeof(float));
        var plan = PlanOf(Part(shared, 0), Part(shared, 0));

        Assert.IsFalse(plan.TryAdapt([Part(shared, 0), Part(other, 0)]));
        plan.Release();
    }

    [TestMethod]
    public void TryAdapt_MoreTensors_NeedsANewPlan()
    {
        using var memory = new LiveMemory(2 * Elements * sizeof(float));
        var plan = PlanOf(Part(memory, 0));

        Assert.IsFalse(plan.TryAdapt([Part(memory, 0), Part(memory, Elements)]));
        plan.Release();
    }

    [TestMethod]
    [DataRow("strides")]
    [DataRow("stability")]
    [DataRow("shape")]
    [DataRow("type")]
    public void TryAdapt_SameMemorySeenInAnotherWay_NeedsANewPlan(string difference)
    {
        using var memory = new LiveMemory(Elements * sizeof(float));
        var plan = PlanOf(Matrix());
        Assert.IsTrue(plan.TryAdapt([Matrix()]));

        Assert.IsFalse(plan.TryAdapt([Matrix(difference)]));
        plan.Release();

        TensorData Matrix(string? other = null) => new(
            memory, other == "type" ? ScalarType.Int32 : ScalarType.Float32, other == "shape" ? [16, 64] : [32, 32],
            other switch { "strides" => [1, 32], "shape" => [64, 1], _ => [32, 1] }, 0)
        {
            Stability = other == "stability" ? TensorStability.UntilParametersChange : TensorStability.Volatile,
        };
    }

    [TestMethod]
    public void Release_LastUser_ReleasesTheLiveMemory()
    {
        using var memory = new LiveMemory(1 << 20);
        var plan = PlanOf(memory.AsTensor());
        plan.Share();
        Assert.AreEqual(1, memory.Holds);

        plan.Release();
        Assert.AreEqual(1, memory.Holds);

        plan.Release();
        Assert.AreEqual(0, memory.Holds);
    }

    [TestMethod]
    public async Task Submit_ParametersInOtherMemory_WritesThatMemory()
    {
        using var first = new LiveMemory(1 << 20);
        using var second = new LiveMemory(1 << 20);
        first.As<float>().Fill(1);
        second.As<float>().Fill(2);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());

        await AsyncSaves.Save(io, first, 1, "a").Durable;
        await AsyncSaves.Save(io, second, 2, "b").Durable;

        await AsyncSaves.AssertSavedAsync(io, "a", 1, context.CancellationToken);
        await AsyncSaves.AssertSavedAsync(io, "b", 2, context.CancellationToken);
    }

    private static CapturePlan PlanOf(params TensorData[] tensors)
    {
        var map = new StateMap();
        foreach (var tensor in tensors)
        {
            map.Add($"t{map.Count}", tensor);
        }

        var state = new TrainingState(map);
        return new CapturePlan(state, [.. state.Tensors().Select(tensor => tensor.Value)], overlap: true);
    }

    private static TensorData Part(LiveMemory memory, int first) =>
        memory.AsTensor(first, Elements, stability: TensorStability.Volatile);
}
