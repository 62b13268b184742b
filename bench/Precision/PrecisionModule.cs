using static TorchSharp.torch;

namespace Fulgurite.Bench.Precision;

/// <summary>A network of one kind with a squared error, stepped by FusedAdam.</summary>
internal sealed class PrecisionModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private const int Rows = 32, Length = 64, Inputs = 256, Hidden = 512, Mlp = 2048;

    /// <summary>The names of the networks.</summary>
    public static readonly string[] Names = ["lstm", "mlp", "transformer"];

    private readonly nn.Module _layers;
    private readonly Func<Tensor, Tensor> _forward;

    public PrecisionModule(string name)
        : base(nameof(PrecisionModule))
    {
        (_layers, _forward) = Create(name);
        RegisterComponents();
    }

    /// <summary>Creates a random batch for a network.</summary>
    public static (Tensor Inputs, Tensor Targets) CreateBatch(string name) => name switch
    {
        "lstm" => (randn(Rows, Length, Inputs), randn(Rows, Length, Hidden)),
        "mlp" => (randn(Length, Mlp), randn(Length, Mlp)),
        _ => (randn(Length, Rows / 4, Hidden), randn(Length, Rows / 4, Hidden)),
    };

    public override OptimizerSetup ConfigureOptimizers() => new FusedAdam(parameters(), 1e-4);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var loss = nn.functional.mse_loss(_forward(batch.Inputs).to_type(ScalarType.Float32), batch.Targets);
        Log("train_loss", loss);
        return loss;
    }

    private static (nn.Module Layers, Func<Tensor, Tensor> Forward) Create(string name)
    {
        switch (name)
        {
            case "lstm":
                var lstm = nn.LSTM(Inputs, Hidden, batchFirst: true);
                return (lstm, input => lstm.call(input).Item1);
            case "mlp":
                var mlp = nn.Sequential(Enumerable.Range(0, 4).SelectMany(layer => new (string, nn.Module<Tensor, Tensor>)[]
                {
                    ($"linear{layer}", nn.Linear(Mlp, Mlp)),
                    ($"relu{layer}", nn.ReLU()),
                }).ToArray());
                return (mlp, mlp.call);
            default:
                var block = nn.TransformerEncoderLayer(Hidden, nhead: 8, dim_feedforward: 4 * Hidden, dropout: 0.1);
                return (block, input => block.call(input, null, null));
        }
    }
}
