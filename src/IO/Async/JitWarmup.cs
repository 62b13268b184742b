using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>
/// Saves a small state to nowhere once per process, so that the code of a save is compiled in advance. Otherwise, compilation takes 30 ms
/// or more of the first save of a training.
/// </summary>
internal static class JitWarmup
{
    private const int LargeCount = 4096;

    /// <summary>Enough saves for final tier compilation, which happens after thirty calls.</summary>
    private const int Saves = 40;

    private static int _begun;

    /// <summary>Runs the warmup unless it has already run. Intended for a background thread.</summary>
    /// <param name="wrap">Wraps an implementation in the one to warm up, with one more copying thread than necessary, so that its start is
    /// compiled too.</param>
    public static void RunOnce(Func<CheckpointIO, CheckpointIO> wrap)
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            RunAsync(wrap).GetAwaiter().GetResult();
        }
    }

    /// <summary>Runs the warmup.</summary>
    public static async Task RunAsync(Func<CheckpointIO, CheckpointIO> wrap)
    {
        // Disposed last: the writer reads them until it has ended.
        using var large = new HostTensorStorage(LargeCount * sizeof(float));
        using var small = new HostTensorStorage(sizeof(float));
        var io = wrap(new NowhereCheckpointIO());
        await using var disposal = io.ConfigureAwait(false);
        var copies = new ImmediateStepCopies();
        for (var step = 0; step < Saves; step++)
        {
            var isInStep = step % 2 != 0;
            var stability = isInStep ? TensorStability.UntilOptimizerStep : TensorStability.UntilParametersChange;
            var state = new TrainingState
            {
                ["global_step"] = step,
                ["state_dict"] = new StateMap { ["weight"] = Of(large, stability), ["mean"] = Of(small, stability) },
                ["optimizer_states"] = new StateList(
                    [new StateMap { ["state"] = new StateMap { [0L] = new StateMap { ["step"] = step, ["rate"] = 0.1, ["on"] = true } } }]),
            };
            io.Submit(state, "last", new SaveOptions { Slot = "last" });
            io.Submit(state, "best", null);
            if (isInStep)
            {
                io.GetCapability<ICheckpointCapture>()?.CopyInNextStep(copies);
            }

            io.BeforeParametersChange();
            copies.Finish();
        }
    }

    private static TensorData Of(HostTensorStorage storage, TensorStability stability) =>
        new(storage, ScalarType.Float32, [storage.ByteLength / sizeof(float)], [1]) { Stability = stability };

    /// <summary>Makes copies when they are added, and reports them at the end like a step.</summary>
    private sealed unsafe class ImmediateStepCopies : IStepCopies
    {
        private Action? _completed;

        public bool TryAdd(nint source, nint target, long byteLength)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, byteLength, byteLength);
            return true;
        }

        public void Then(Action completed) => _completed += completed;

        public void Finish()
        {
            var completed = _completed;
            _completed = null;
            completed?.Invoke();
        }
    }

    /// <summary>Discards everything.</summary>
    private sealed class NowhereCheckpointIO : CheckpointIO
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
