namespace Fulgurite.Tests.IO.Async;

/// <summary>What the tests of asynchronous saving do again and again.</summary>
internal static class AsyncSaves
{
    /// <summary>
    /// With one copying thread and the writer held up, nothing is copied before the fence: what a test does then is surely in time.
    /// </summary>
    public static async Task<AsyncCheckpointIO> BusyAsync(
        GatedCheckpointIO gate, AsyncCheckpointOptions options, CancellationToken cancellationToken)
    {
        var io = new AsyncCheckpointIO(gate, options);
        io.Submit(SampleStates.Small(0), "busy", null);
        await gate.ArrivalAsync(cancellationToken);
        return io;
    }

    public static SaveOperation Save(
        AsyncCheckpointIO io, LiveMemory memory, int step, string path, SaveOptions? options = null, bool fence = true)
    {
        var operation = io.Submit(SampleStates.Live(memory, step), path, options);
        if (fence)
        {
            io.BeforeParametersChange();
        }

        return operation;
    }

    public static async Task AssertSavedAsync(CheckpointIO io, string path, float expected, CancellationToken cancellationToken)
    {
        using var loaded = await io.LoadCheckpointAsync(path, null, cancellationToken);
        AssertWeights(loaded, expected);
    }

    public static void AssertWeights(TrainingState state, float expected) =>
        Assert.IsTrue(Floats(state.Find("state_dict.weight")!.AsTensor()).All(value => value == expected));

    public static float[] Floats(TensorData tensor)
    {
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
