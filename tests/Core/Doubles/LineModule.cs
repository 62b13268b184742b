namespace Fulgurite.Tests.Core.Doubles;

/// <summary>One linear layer whose steps tests replace.</summary>
internal sealed class LineModule : TrainingModule<Tensor, Tensor>
{
    public LineModule()
        : base(nameof(LineModule))
    {
        manual_seed(5);
        Line = nn.Linear(4, 1);
        RegisterComponents();
    }

    public Linear Line { get; }

    public Action<LineModule, Tensor>? AtStep { get; init; }

    public Action<LineModule, Tensor>? AtValidation { get; init; }

    public Func<LineModule, Tensor, Tensor?> Loss { get; init; } = static (module, batch) => module.Line.call(batch).pow(2).mean();

    public Func<LineModule, OptimizerSetup> Setup { get; init; } = static module => optim.SGD(module.parameters(), 0.1);

    public int Configured { get; private set; }

    public bool Automatic { get; init; } = true;

    public override bool AutomaticOptimization => Automatic;

    /// <summary>Batches of random numbers.</summary>
    public static List<Tensor> Batches(int count, int rows = 4) => [.. Sizes([.. Enumerable.Repeat(rows, count)])];

    /// <summary>A batch of each size, of random numbers.</summary>
    public static IEnumerable<Tensor> Sizes(params int[] rows) =>
        [.. rows.Select((size, index) => rand([size, 4], generator: new Generator((ulong)index + 1)))];

    public override OptimizerSetup ConfigureOptimizers()
    {
        Configured++;
        return Setup(this);
    }

    public override Tensor? TrainingStep(Tensor batch, int batchIndex)
    {
        AtStep?.Invoke(this, batch);
        var loss = Loss(this, batch);
        if (!Automatic)
        {
            ManualBackward(loss!);
            Optimizers[0].Step();
        }

        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex) => AtValidation?.Invoke(this, batch);

    public override void TestStep(Tensor batch, int batchIndex) => AtValidation?.Invoke(this, batch);

    public override Tensor PredictStep(Tensor batch, int batchIndex) => Line.call(batch);
}
