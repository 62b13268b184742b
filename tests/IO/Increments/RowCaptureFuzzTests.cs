using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>
/// Random runs of several optimizers, with sparse and dense gradients, changes at the fence, snapshots, cancellation and saves to the same
/// path: each durable save is the state at its call.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class RowCaptureFuzzTests(TestContext context)
{
    private const int Rows = 4000;
    private const int Width = 24;
    private const int Rounds = 40;

    [TestMethod]
    [Timeout(300_000)]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    public async Task Save_RandomRun_IsTheStateAtTheCall(int seed)
    {
        var random = new Random(seed);
        manual_seed(seed);
        var storage = new MemoryStorage();
        await using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(
            new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = random.Next(1, 6) }, storage),
            new AsyncCheckpointOptions
            {
                CopyThreads = random.Next(5),
                BackgroundCopyThreads = random.Next(3),
                ValidateCaptures = random.Next(4) == 0,
            }));
        using var run = new Run(random);
        using var snapshots = new Snapshots((AsyncCheckpointIO)strategy.CheckpointIO);
        if (random.Next(2) == 0)
        {
            using var state = run.State();
            strategy.CheckpointIO.GetCapability<ICheckpointCapture>()!.Prepare(state);
        }

        var saves = new List<Save>();
        var compared = 0;
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = random.Next(4); turn > 0; turn--)
            {
                run.Step(random, strategy);
            }

            if (random.Next(8) == 0)
            {
                strategy.CheckpointIO.BeforeParametersChange();
                run.Change(random);
            }

            using var state = run.State();
            if (random.Next(10) == 0)
            {
                snapshots.Take(state);
            }

            if (random.Next(10) == 0)
            {
                snapshots.Check();
            }

            var path = random.Next(3) == 0 ? $"slot{random.Next(2)}" : $"{round}";
            var options = new SaveOptions { Slot = path.StartsWith('s') ? path : null };
            var save = new Save(path, Embeddings.FullFileOf(state), strategy.SaveCheckpoint(state, path, options));
            saves.Add(save);
            if (random.Next(6) == 0)
            {
                save.Operation.Cancel();
            }

            if (random.Next(12) == 0)
            {
                // The same state under another name.
                saves.Add(save with { Path = $"{path}b", Operation = strategy.SaveCheckpoint(state, $"{path}b", null) });
            }

            if (random.Next(6) == 0)
            {
                compared += await CheckAsync(saves, storage);
            }
        }

        // Ends with saves whose rows nobody has copied yet.
        run.Step(random, strategy);
        await strategy.DisposeAsync();
        compared += await CheckAsync(saves, storage);
        Assert.IsGreaterThan(5, compared);
    }

    /// <returns>The number of files that were compared: of several to one path the last.</returns>
    private async Task<int> CheckAsync(List<Save> saves, IStorage storage)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (path, file, operation) in saves)
        {
            var outcome = await operation.Completion.WaitAsync(context.CancellationToken);
            Assert.AreNotEqual(CheckpointOutcome.Failed, outcome, $"{path}: {operation.Failure}");
            if (outcome == CheckpointOutcome.Durable)
            {
                files[path] = file;
            }
        }

        saves.Clear();
        foreach (var (path, file) in files)
        {
            Assert.IsTrue(file.AsSpan().SequenceEqual(Embeddings.Assemble(storage, path)), path);
        }

        return files.Count;
    }

    private sealed record Save(string Path, byte[] File, SaveOperation Operation);

    /// <summary>A snapshot in memory, taken and compared now and then.</summary>
    private sealed class Snapshots(AsyncCheckpointIO io) : IDisposable
    {
        private StateSnapshot? _snapshot;
        private byte[] _file = [];

        public void Take(TrainingState state)
        {
            _snapshot?.Dispose();
            _file = Embeddings.FullFileOf(state);
            _snapshot = io.TakeSnapshot(state);
        }

        public void Check() => Assert.IsTrue(_snapshot is null || _file.AsSpan().SequenceEqual(Embeddings.FullFileOf(_snapshot.State)));

        public void Dispose() => _snapshot?.Dispose();
    }

    /// <summary>Six parameters: embeddings of one and of two optimizers and in bfloat16, dense ones, and a frozen one.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Parameter _shared = nn.Parameter(rand(Rows, Width));
        private readonly Parameter _half = nn.Parameter(rand(Rows, Width).to(bfloat16));
        private readonly Parameter _embedding = nn.Parameter(rand(Rows, Width));
        private readonly Parameter _dense = nn.Parameter(rand(64, 64));
        private readonly Parameter _plain = nn.Parameter(rand(100, 100));
        private readonly Parameter _frozen = nn.Parameter(rand(100, 100), requires_grad: false);
        private readonly FusedAdam _adam;
        private readonly FusedSgd _sgd;
        private readonly FusedAdamW _other;
        private readonly optim.Optimizer _unfused;

        public Run(Random random)
        {
            _adam = new FusedAdam([_shared, _half, _dense]);
            _sgd = new FusedSgd([_embedding], 0.01, momentum: random.Next(2) == 0 ? 0.9 : 0);
            _other = new FusedAdamW([_embedding, _shared], weight_decay: 0);
            _unfused = optim.SGD([_plain], 0.01);
        }

        public void Step(Random random, Strategy strategy)
        {
            using var scope = NewDisposeScope();
            foreach (var parameter in new[] { _shared, _half, _embedding, _dense })
            {
                parameter.grad = null;
            }

            switch (random.Next(8))
            {
                case 0:
                    SetGradient(random, _embedding, 6);
                    StepIfSupported(_sgd);
                    break;
                case 1:
                    SetGradient(random, _embedding, 3);
                    SetGradient(random, _shared, 3, isAlways: false);
                    StepIfSupported(_other);
                    break;
                case 2:
                    _plain.grad = rand(100, 100);
                    strategy.OptimizerStep(_unfused);
                    break;
                default:
                    SetGradient(random, _shared, 12);
                    SetGradient(random, _half, 12, isAlways: false);
                    _dense.grad = random.Next(2) == 0 ? rand(64, 64) : null;
                    StepIfSupported(_adam);
                    break;
            }

            void StepIfSupported(optim.Optimizer optimizer)
            {
                try
                {
                    strategy.OptimizerStep(optimizer);
                }
                catch (NotSupportedException)
                {
                    // Some have no steps for sparse gradients with these options.
                }
            }
        }

        /// <summary>Changes a parameter or an optimizer in another way than a step.</summary>
        public void Change(Random random)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            switch (random.Next(6))
            {
                case 0:
                    _shared.zero_();
                    break;
                case 1:
                    _embedding[random.Next(Rows)].copy_(rand(Width));
                    break;
                case 2 when _adam.state_dict().State.Count > 0:
                    _adam.load_state_dict(_adam.state_dict());
                    break;
                case 3:
                    _frozen.copy_(rand(100, 100));
                    break;
                case 4:
                    _half[5].copy_(rand(Width));
                    break;
                default:
                    _plain.zero_();
                    break;
            }
        }

        public TrainingState State()
        {
            var state = new TrainingState
            {
                ["shared"] = Of(_shared),
                ["tied"] = Of(_shared),
                ["half"] = Of(_half),
                ["embedding"] = Of(_embedding),
                ["dense"] = Of(_dense),
                ["plain"] = TensorData.FromTensor(_plain, TensorStability.UntilParametersChange),
                ["frozen"] = TensorData.FromTensor(_frozen, TensorStability.Frozen),
            };
            Add("adam", _adam);
            Add("other", _other);
            Add("sgd", _sgd);
            return state;

            void Add(string name, OptimizerHelper optimizer)
            {
                foreach (var (index, kept) in optimizer.state_dict().State.Index())
                {
                    var (first, second) = kept switch
                    {
                        Adam.State adam => (adam.exp_avg, adam.exp_avg_sq),
                        AdamW.State adam => (adam.exp_avg, adam.exp_avg_sq),
                        SGD.State sgd => (sgd.momentum_buffer, null),
                        _ => default((Tensor?, Tensor?)),
                    };
                    if (first is not null)
                    {
                        state[$"{name}_{index}_first"] = Of(first);
                    }

                    if (second is not null)
                    {
                        state[$"{name}_{index}_second"] = Of(second);
                    }
                }
            }
        }

        public void Dispose()
        {
            _adam.Dispose();
            _sgd.Dispose();
            _other.Dispose();
            _unfused.Dispose();
            Array.ForEach([_shared, _half, _embedding, _dense, _plain, _frozen], static parameter => parameter.Dispose());
        }

        private static TensorData Of(Tensor tensor) => TensorData.FromTensor(tensor, TensorStability.UntilOptimizerStep);

        /// <summary>Sets a sparse gradient, some of them accumulated; one of several is dense.</summary>
        private static void SetGradient(Random random, Parameter parameter, int dense, bool isAlways = true)
        {
            if (!isAlways && random.Next(2) == 0)
            {
                return;
            }

            var gradient = Sparse(random.Next(1, 300));
            gradient = random.Next(3) == 0 ? gradient.add(Sparse(random.Next(1, 100))) : gradient;
            parameter.grad = random.Next(dense) == 0 ? gradient.to_dense() : gradient;

            Tensor Sparse(int count)
            {
                var rows = Array.ConvertAll(new long[count], _ => (long)random.Next(Rows));
                return sparse_coo_tensor(tensor(rows).reshape(1, count), rand(count, Width).to(parameter.dtype), [Rows, Width]);
            }
        }
    }
}
