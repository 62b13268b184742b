using Fulgurite.IO;

namespace Fulgurite.Tests.Strategies;

/// <summary>Runs of several processes, here threads, and their states, modules and data.</summary>
internal static class ShardedRanks
{
    public const string Last = "run/last.ckpt";

    public static void Run(
        int ranks, IStorage storage, Action<InProcessStrategy, int> body, Func<CheckpointIO, int, CheckpointIO>? wrap = null) =>
        Run(ranks, _ => storage, body, wrap);

    public static void Run(
        int ranks, Func<int, IStorage> storageOf, Action<InProcessStrategy, int> body, Func<CheckpointIO, int, CheckpointIO>? wrap = null)
    {
        var group = new ProcessGroup(ranks);
        var ios = Enumerable.Range(0, ranks).Select(rank =>
        {
            CheckpointIO io = new ShardedCheckpointIO(storageOf(rank));
            return new AsyncCheckpointIO(wrap?.Invoke(io, rank) ?? io);
        }).ToList();
        Ranks.Run(ranks, rank =>
        {
            using var strategy = new InProcessStrategy(ios[rank], group, rank);
            body(strategy, rank);
        });
    }

    /// <summary>Saves two states of step 3, a resume point and another; the part of rank 1 of the other does not pass the gate.</summary>
    public static List<SaveOperation> SaveLastAndBest(
        IStrategy strategy, Func<TrainingState, string, SaveOptions?, SaveOperation> save, int rank, GatedCheckpointIO gate)
    {
        using var live = new LiveState(3, rank);
        var last = save(live.State, Last, new SaveOptions { IsResumePoint = true });
        strategy.CheckpointIO.BeforeParametersChange();
        if (rank == 1)
        {
            gate.ArrivalAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        using var other = new LiveState(3, rank);
        var best = save(other.State, "run/best.ckpt", null);
        strategy.CheckpointIO.BeforeParametersChange();
        if (rank == 1)
        {
            gate.LetOneThrough();
            gate.ArrivalAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        last.Captured.GetAwaiter().GetResult();
        best.Captured.GetAwaiter().GetResult();
        return [last, best];
    }

    public static long StepIn(IStorage storage)
    {
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO(storage));
        io.CheckpointIO.VerifyAsync(Last, CancellationToken.None).GetAwaiter().GetResult();
        using var loaded = io.LoadCheckpoint(Last, null);
        var step = ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value;
        using var expected = new LiveState((int)step, rank: 0);
        StateAssert.HaveSameValues(expected.State, loaded);
        return step;
    }

    public static IEnumerable<Tensor> Data(int rank, int ranks)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            var inputs = arange(16, dtype: ScalarType.Float32).view(4, 4) * ((batch + 1) / 40f);
            yield return ranks == 1 ? inputs : inputs.narrow(0, rank * 4 / ranks, 4 / ranks).clone();
        }
    }

    /// <summary>A clock on which each look finds that a minute has passed.</summary>
    public sealed class ElapsedTime : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 60 * TimestampFrequency);
    }

    public sealed class SaveAtException(Action<Trainer> save) : Callback
    {
        public override void OnException(OnExceptionArguments arguments) => save(arguments.Trainer);
    }

    /// <summary>A state whose tensors are the same in all ranks, but one.</summary>
    public sealed class LiveState : IDisposable
    {
        private readonly List<Tensor> _tensors = [];

        public LiveState(int step, int rank)
        {
            var weights = new StateMap();
            var moments = new StateMap();
            for (var layer = 0; layer < 8; layer++)
            {
                weights.Add($"layer{layer}.weight", Shared(full(5 + layer, (float)step)));
                moments.Add(layer, new StateMap { ["exp_avg"] = Shared(full(5 + layer, step / 2f)) });
            }

            _tensors.Add(full(3, (float)(step + (100 * rank))));
            weights.Add("mean", TensorData.FromTensor(_tensors[^1]));
            State = new TrainingState(new StateMap
            {
                [CheckpointKeys.GlobalStep] = step,
                [CheckpointKeys.StateDict] = weights,
                [CheckpointKeys.OptimizerStates] = new StateList([new StateMap { ["state"] = moments }]),
            });
        }

        public TrainingState State { get; }

        public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());

        private TensorData Shared(Tensor tensor)
        {
            _tensors.Add(tensor);
            return TensorData.FromTensor(tensor, TensorStability.UntilParametersChange);
        }
    }

    public sealed class WideModule : TrainingModule<Tensor>
    {
        private readonly TorchSharp.Modules.Linear _first = nn.Linear(4, 8);
        private readonly TorchSharp.Modules.Linear _second = nn.Linear(8, 1);

        public WideModule()
            : base(nameof(WideModule))
        {
            RegisterComponents();
            using var _ = no_grad();
            foreach (var parameter in parameters())
            {
                parameter.copy_(arange(parameter.numel()).view(parameter.shape) / 50f);
            }
        }

        public Action<long>? OnStep { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.01);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            OnStep?.Invoke(Trainer.GlobalStep);
            var loss = (_second.call(nn.functional.relu(_first.call(batch))) - batch.sum(1, keepdim: true)).square().mean();
            Log("loss", loss);
            return loss;
        }

        public float[] Weights() => [.. parameters().SelectMany(parameter => parameter.detach().flatten().data<float>().ToArray())];
    }
}
