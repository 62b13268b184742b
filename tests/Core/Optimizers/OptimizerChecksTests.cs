using TorchSharp;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>An optimizer that was made before its module was moved is refused where the move left it wrong, and only there.</summary>
/// <remarks>
/// TorchSharp replaces most parameters when a module moves. Those of recurrent networks and embeddings are converted in place, and only an
/// embedding's
/// are replaced without being disposed. The device "meta" stands in for another device.
/// </remarks>
[TestClass]
public sealed class OptimizerChecksTests
{
    private const string Gone = "references parameters that no longer exist";
    private const string State = "its state is Float32 on cpu, but the parameter is ";

    private static readonly Dictionary<string, Func<nn.Module>> Modules = new()
    {
        ["Linear"] = () => nn.Linear(4, 4),
        ["Conv2d"] = () => nn.Conv2d(1, 2, 1),
        ["BatchNorm1d"] = () => nn.BatchNorm1d(4),
        ["Sequential"] = () => nn.Sequential(nn.Linear(4, 4), nn.PReLU(1)),
        ["PReLU"] = () => nn.PReLU(1),
        ["LSTM"] = () => nn.LSTM(4, 4),
        ["Embedding"] = () => nn.Embedding(10, 4),
    };

    private static readonly Dictionary<string, Action<nn.Module>> Moves = new()
    {
        ["none"] = _ => { },
        ["cpu"] = module => module.to(CPU),
        ["float64"] = module => module.to(ScalarType.Float64),
        ["bfloat16"] = module => module.to(ScalarType.BFloat16),
        ["half and back"] = module => module.half().@float(),
        ["meta"] = module => module.to(META),
        ["load_state_dict"] = module =>
            module.load_state_dict(module.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone())),
    };

    private static readonly Trainer Trainer = new(new SingleDeviceStrategy(new InMemoryCheckpointIO()));

    [TestMethod]
    [DataRow("Linear", "float64", Gone)]
    [DataRow("Linear", "bfloat16", Gone)]
    [DataRow("Linear", "half and back", Gone)]
    [DataRow("Linear", "meta", Gone)]
    [DataRow("Conv2d", "float64", Gone)]
    [DataRow("BatchNorm1d", "bfloat16", Gone)]
    [DataRow("Sequential", "half and back", Gone)]
    [DataRow("PReLU", "half and back", Gone)]
    [DataRow("LSTM", "meta", Gone)]
    [DataRow("Embedding", "meta", Gone)]
    [DataRow("LSTM", "float64", State + "Float64 on cpu")]
    [DataRow("Embedding", "bfloat16", State + "BFloat16 on cpu")]
    public void Check_ModuleMovedAfterTheOptimizerWasMade_IsRefused(string kind, string move, string message)
    {
        foreach (var isQuery in new[] { true, false })
        {
            using var module = new Wrapper(Modules[kind]());
            using var optimizer = Make(module, isQuery);
            Moves[move](module);

            var names = FitSession.NamesOf(module);
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => OptimizerChecks.Check(Trainer, module, optimizer, names));

            Assert.Contains(message, error.Message);
            Assert.EndsWith("Create optimizers in ConfigureOptimizers, which runs after the move, from parameters().", error.Message);
        }
    }

    [TestMethod]
    [DataRow("none")]
    [DataRow("cpu")]
    [DataRow("load_state_dict")]
    public void Check_ParametersAreStillThose_IsFine(string move)
    {
        foreach (var make in Modules.Values)
        {
            foreach (var isQuery in new[] { true, false })
            {
                using var module = new Wrapper(make());
                using var optimizer = Make(module, isQuery);

                Moves[move](module);

                OptimizerChecks.Check(Trainer, module, optimizer, FitSession.NamesOf(module));
            }
        }
    }

    [TestMethod]
    [DataRow("LSTM")]
    [DataRow("Embedding")]
    public void Check_ConvertedInPlaceAndNoStateYet_IsFine(string kind)
    {
        using var module = new Wrapper(Modules[kind]());
        using var optimizer = optim.SGD(module.parameters(), 0.1, momentum: 0.9);

        Moves["float64"](module);

        OptimizerChecks.Check(Trainer, module, optimizer, FitSession.NamesOf(module));
    }

    [TestMethod]
    public void Check_ParametersOfSomethingElseOnTheSameDevice_AreFine()
    {
        using var module = new Wrapper(Modules["Linear"]());
        using var other = nn.Linear(2, 2);
        using var optimizer = optim.Adam(module.parameters().Concat(other.parameters()));

        OptimizerChecks.Check(Trainer, module, optimizer, FitSession.NamesOf(module));
    }

    private static Adam Make(Wrapper module, bool isQuery) => optim.Adam(isQuery ? module.parameters() : [.. module.parameters()]);

    private sealed class Wrapper : TrainingModule<Tensor>
    {
        public Wrapper(nn.Module part)
            : base(nameof(Wrapper)) => register_module("part", part);

        public override OptimizerSetup ConfigureOptimizers() => throw new NotSupportedException();

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => throw new NotSupportedException();
    }
}
