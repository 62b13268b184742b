namespace Fulgurite.Tests.Strategies;

/// <summary>Runs of two processes, here threads: their fit, their data and their module.</summary>
internal static class TwoRanks
{
    public static FitResult Fit(
        IStrategy strategy,
        LineModule module,
        int rank,
        TrainerOptions options,
        string? from = null,
        ModelCheckpoint? saving = null,
        CancellationToken cancellation = default)
    {
        options.EnableCheckpointing = saving is not null;
        using var trainer = new Trainer(strategy, options, saving is null ? [] : [saving]);
        return trainer.Fit(module, Data(rank), Data(rank), from, cancellation);
    }

    public static IEnumerable<(Tensor Inputs, Tensor Targets)> Data(int rank)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            var inputs = full(2, 1, ((batch * 2) + rank) / 8f);
            yield return (inputs, (inputs * 2) + 1);
        }
    }

    public static IEnumerable<(Tensor Inputs, Tensor Targets)> Both()
    {
        foreach (var (first, second) in Data(0).Zip(Data(1)))
        {
            yield return (cat([first.Inputs, second.Inputs]), cat([first.Targets, second.Targets]));
        }
    }

    public sealed class LineModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly TorchSharp.Modules.Linear _linear = nn.Linear(1, 1);

        public LineModule(float start)
            : base(nameof(LineModule))
        {
            RegisterComponents();
            using var _ = no_grad();
            _linear.weight!.fill_(start);
            _linear.bias!.fill_(start);
        }

        public Action<long>? OnStep { get; init; }

        public Action<int>? OnValidation { get; set; }

        public Func<int, Tensor, Tensor>? LossOf { get; init; }

        public Func<int, double>? ValidationLossOf { get; init; }

        public void Train(bool bias) => _linear.bias!.requires_grad = bias;

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.05);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            OnStep?.Invoke(Trainer.GlobalStep);
            var loss = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
            loss = LossOf?.Invoke(Trainer.CurrentEpoch, loss) ?? loss;
            Log("loss", loss);
            return loss;
        }

        public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            OnValidation?.Invoke(batchIndex);
            var loss = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
            Log(
                "val_loss", ValidationLossOf is null ? loss : full_like(loss, ValidationLossOf(Trainer.CurrentEpoch)),
                weight: batch.Inputs.shape[0]);
        }

        public float[] Weights() => [_linear.weight!.item<float>(), _linear.bias!.item<float>()];
    }
}

/// <summary>Gives each rank its strategy.</summary>
internal static class RanksExtensions
{
    extension(Ranks)
    {
        public static void Run(int count, ProcessGroup group, Action<InProcessStrategy, int> body, Func<int, CheckpointIO>? io = null) =>
            Ranks.Run(count, rank =>
            {
                using var strategy = new InProcessStrategy(io?.Invoke(rank) ?? new InMemoryCheckpointIO(), group, rank);
                body(strategy, rank);
            });
    }
}
