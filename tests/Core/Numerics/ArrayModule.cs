namespace Fulgurite.Tests.Core.Numerics;

/// <summary>
/// A network of the sizes at which MKL's default kernels differ most by alignment, and batches as users make them of arrays.
/// </summary>
internal sealed class ArrayModule : TrainingModule<(Tensor Inputs, Tensor Labels)>
{
    private const int Features = 17;
    private const int Rows = 13;

    private readonly Sequential _layers = nn.Sequential(nn.Linear(Features, 5), nn.Tanh(), nn.Linear(5, 1));

    public ArrayModule()
        : base(nameof(ArrayModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.AdamW(parameters(), lr: 0.01);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Labels) batch, int batchIndex) =>
        nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Labels);

    public string Bits() => Convert.ToHexString([.. parameters().SelectMany(parameter => parameter.detach().bytes.ToArray())]);

    /// <summary>The same numbers each time, in tensors of managed memory that lies elsewhere each time.</summary>
    public static IEnumerable<(Tensor Inputs, Tensor Labels)> Batches(int count)
    {
        var random = new Random(7);
        for (var batch = 0; batch < count; batch++)
        {
            var inputs = Numbers(random, Rows * Features);
            var targets = Numbers(random, Rows);
            yield return (tensor(inputs, [Rows, Features]), tensor(targets, [Rows, 1]));
        }
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
}
