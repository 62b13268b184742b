namespace Fulgurite.Tests.Core.Numerics;

/// <summary>A network with dropout and a batch norm whose loss a test may change; it computes in any type.</summary>
internal sealed class NumericsModule : TrainingModule<(Tensor Inputs, Tensor Labels)>
{
    private readonly Linear _first = nn.Linear(4, 8);
    private readonly BatchNorm1d _norm = nn.BatchNorm1d(8);
    private readonly Dropout _dropout = nn.Dropout(0.25);
    private readonly Linear _second = nn.Linear(8, 3);

    public NumericsModule()
        : base(nameof(NumericsModule)) => RegisterComponents();

    /// <summary>Changes the loss of a batch; null for nothing.</summary>
    public Func<NumericsModule, Tensor, int, Tensor>? Change { get; init; }

    public Func<NumericsModule, optim.Optimizer> Optimizer { get; init; } = module => optim.AdamW(module.parameters(), lr: 0.05);

    public List<ScalarType> InputTypes { get; } = [];

    public Linear First => _first;

    public Linear Second => _second;

    public override OptimizerSetup ConfigureOptimizers() => Optimizer(this);

    public override Tensor? TrainingStep((Tensor Inputs, Tensor Labels) batch, int batchIndex)
    {
        InputTypes.Add(batch.Inputs.dtype);
        Assert.AreEqual(ScalarType.Int64, batch.Labels.dtype);
        var hidden = _dropout.call(nn.functional.relu(_norm.call(_first.call(batch.Inputs))));
        var loss = nn.functional.cross_entropy(_second.call(hidden), batch.Labels);
        Log("loss", loss);
        return Change?.Invoke(this, loss, batchIndex) ?? loss;
    }

    public static IEnumerable<(Tensor Inputs, Tensor Labels)> Batches(int count = 6)
    {
        for (var index = 0; index < count; index++)
        {
            var random = new Random(index);
            yield return (
                tensor(Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble()).ToArray(), [6, 4]),
                tensor(Enumerable.Range(0, 6).Select(_ => (long)random.Next(3)).ToArray(), [6]));
        }
    }

    public byte[] Bits() => [.. state_dict().SelectMany(entry => entry.Value.detach().contiguous().bytes.ToArray())];
}
