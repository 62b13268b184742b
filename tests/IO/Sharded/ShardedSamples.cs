namespace Fulgurite.Tests.IO.Sharded;

/// <summary>States and saves of several processes, without a strategy.</summary>
internal static class ShardedSamples
{
    /// <summary>
    /// A state like that of a training: weights with a tied one and a view, optimizer state, buffers that differ between processes, and
    /// values of every kind. Disposing it frees the tensors.
    /// </summary>
    public static LiveState Training(int step, int rank = 0, int layers = 3)
    {
        var random = new Random(step);
        var tensors = new List<Tensor>();
        Tensor Values(params long[] shape)
        {
            var count = (int)shape.Aggregate(1L, (left, right) => left * right);
            tensors.Add(tensor(Enumerable.Range(0, count).Select(_ => random.NextSingle()).ToArray()).reshape(shape));
            return tensors[^1];
        }

        TensorData Shared(Tensor tensor) => TensorData.FromTensor(tensor, TensorStability.UntilParametersChange);
        var weights = new StateMap();
        var moments = new StateMap();
        for (var layer = 0; layer < layers; layer++)
        {
            var weight = Values(4, 3 + layer);
            weights.Add($"layer{layer}.weight", Shared(weight));
            weights.Add($"layer{layer}.bias", Shared(Values(4)));
            moments.Add(layer, new StateMap
            {
                ["step"] = (double)step,
                ["exp_avg"] = Shared(Values(4, 3 + layer)),
                ["exp_avg_sq"] = Shared(Values(4, 3 + layer)),
            });
        }

        var tied = tensors[0];
        weights.Add("head.weight", Shared(tied));
        tensors.Add(tied[1]);
        weights.Add("row", Shared(tensors[^1]));
        weights.Add("transposed", Shared(Values(3, 2).t()));
        tensors.Add(full(2, (float)(step + (1000 * rank))));
        weights.Add("running_mean", TensorData.FromTensor(tensors[^1]));
        var state = new TrainingState(new StateMap
        {
            [CheckpointKeys.Epoch] = step / 2,
            [CheckpointKeys.GlobalStep] = step,
            [CheckpointKeys.StateDict] = weights,
            [CheckpointKeys.OptimizerStates] = new StateList([new StateMap { ["state"] = moments, ["lr"] = 0.1 }]),
            [CheckpointKeys.Callbacks] = new StateMap
            {
                ["a.b"] = "text",
                ["ranks"] = new StateList([StateSamples.Tensor(ScalarType.Byte, step, 5)]),
            },
        });
        return new LiveState(state, tensors);
    }

    /// <summary>Saves a state with a number of processes, in the order of the ranks.</summary>
    public static void Save(ShardedCheckpointIO io, string path, int ranks, int step, int layers = 3)
    {
        var id = io.CreateSaveId();
        for (var rank = 0; rank < ranks; rank++)
        {
            SavePart(io, path, id, rank, ranks, step, layers);
        }

        Commit(io, path, id, ranks);
    }

    public static void SavePart(ShardedCheckpointIO io, string path, string id, int rank, int ranks, int step, int layers = 3)
    {
        using var live = Training(step, rank, layers);
        using var part = io.GetPart(live.State, rank, ranks);
        io.SaveCheckpointAsync(part, io.GetPartPath(path, id, rank, ranks), null, CancellationToken.None).GetAwaiter().GetResult();
    }

    public static void Commit(ShardedCheckpointIO io, string path, string id, int ranks) =>
        io.SaveCheckpointAsync(
            new TrainingState(), path, new SaveContext(new SaveOptions { Storage = io.GetCommit(id, ranks) }), CancellationToken.None)
            .GetAwaiter().GetResult();

    /// <summary>Loads a checkpoint, and makes sure that it is complete and of one step.</summary>
    public static int LoadStep(CheckpointIO io, string path, int layers = 3)
    {
        io.VerifyAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        using var loaded = io.LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult();
        var step = (int)((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value;
        using var expected = Training(step, layers: layers);
        StateComparison.AreEqual(expected.State.Root, loaded.Root);
        return step;
    }

    public sealed class LiveState(TrainingState state, List<Tensor> tensors) : IDisposable
    {
        public TrainingState State => state;

        public void Dispose()
        {
            state.Dispose();
            tensors.ForEach(tensor => tensor.Dispose());
        }
    }
}
