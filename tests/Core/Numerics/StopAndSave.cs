using System.Collections;

namespace Fulgurite.Tests.Core.Numerics;

/// <summary>Saves after a number of steps and asks to stop.</summary>
internal sealed class StopAndSave(int? after) : Callback
{
    /// <summary>Changes the conditions that are saved; null for nothing.</summary>
    public Action<StateMap>? ChangeNumerics { get; init; }

    public override void OnSaveCheckpoint(OnSaveCheckpointArguments arguments) =>
        ChangeNumerics?.Invoke((StateMap)arguments.State.Find("fulgurite.numerics")!);

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Trainer.GlobalStep == after)
        {
            arguments.Trainer.SaveCheckpoint("stopped");
            arguments.Trainer.RequestStop();
        }
    }
}

/// <summary>Batches that are made anew whenever they are enumerated.</summary>
internal static class FreshBatches
{
    public static IBatchSource<(Tensor Inputs, Tensor Labels)> ToSource(this IEnumerable<(Tensor Inputs, Tensor Labels)> batches) =>
        new Source(batches);

    private sealed class Source(IEnumerable<(Tensor Inputs, Tensor Labels)> batches) : IBatchSource<(Tensor Inputs, Tensor Labels)>
    {
        public int? BatchCount => null;

        public IEnumerable<(Tensor Inputs, Tensor Labels)> GetBatches(int epoch, int skip) => batches.Skip(skip);

        public IEnumerator<(Tensor Inputs, Tensor Labels)> GetEnumerator() => batches.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
