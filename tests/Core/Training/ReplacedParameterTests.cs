using System.Collections;
using TorchSharp;

namespace Fulgurite.Tests.Core.Training;

/// <summary>
/// Code of others that replaces a parameter while a checkpoint is restored: the new parameter once got no weights, without an error.
/// </summary>
[TestClass]
public sealed class ReplacedParameterTests
{
    [TestMethod]
    [DataRow("callback", false, true)]
    [DataRow("callback", false, false)]
    [DataRow("data", false, true)]
    [DataRow("data", false, false)]
    [DataRow("callback", true, true)]
    [DataRow("callback", true, false)]
    public void LoadStateDict_ReplacesAParameter_IsAnErrorThatNamesIt(string part, bool isEvaluation, bool isAlive)
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new ConvertedModule();
        using (var trainer = Make(storage, new Converter()))
        {
            trainer.Fit(saved, new ConvertingData(new Converter()));
            trainer.SaveCheckpoint("final.ckpt");
        }

        using var module = new ConvertedModule();
        var converter = new Converter { Module = module, IsFormerKept = isAlive };
        using var resumed = Make(storage, part == "callback" ? converter : new Converter());
        var data = new ConvertingData(part == "data" ? converter : new Converter());

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => _ = isEvaluation
            ? resumed.Validate(module, data, "final.ckpt") as object
            : resumed.Fit(module, data, checkpointPath: "final.ckpt"));

        Assert.StartsWith(
            "The parameter '_line.weight' of ConvertedModule was replaced while the checkpoint 'final.ckpt' was restored", error.Message);
        Assert.IsTrue(converter.HasConverted);
    }

    [TestMethod]
    public void OnLoadCheckpoint_ReplacesTheParameters_LoadsTheWeights()
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new ConvertedModule();
        using (var trainer = Make(storage, new Converter()))
        {
            trainer.Fit(saved, new ConvertingData(new Converter()));
            trainer.SaveCheckpoint("final.ckpt");
        }

        using var module = new ConvertedModule { ConvertsAtLoad = true };
        using var loading = Make(storage, new Converter());

        loading.Validate(module, new ConvertingData(new Converter()), "final.ckpt");

        using var expected = saved.state_dict()["_line.weight"].to(float64);
        Assert.IsTrue(expected.Equals(module.state_dict()["_line.weight"]));
    }

    private static Trainer Make(InMemoryCheckpointIO storage, Converter converter) =>
        new(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 1 }, [new ConvertingCallback(converter)]);

    private sealed class Converter
    {
        public ConvertedModule? Module { get; init; }

        public bool IsFormerKept { get; init; }

        public bool HasConverted { get; private set; }

        public void Convert()
        {
            if (Module is not null)
            {
                HasConverted = true;
                Module.Convert(IsFormerKept);
            }
        }
    }

    private sealed class ConvertedModule : TrainingModule<Tensor>
    {
        private readonly Line _line = new();

        public ConvertedModule()
            : base(nameof(ConvertedModule)) => RegisterComponents();

        public bool ConvertsAtLoad { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => _line.call(batch).sum();

        public override void ValidationStep(Tensor batch, int batchIndex)
        {
        }

        public void Convert(bool isFormerKept)
        {
            if (isFormerKept)
            {
                _line.Convert();
            }
            else
            {
                this.to(float64);
            }
        }

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments)
        {
            if (ConvertsAtLoad)
            {
                this.to(float64);
            }
        }
    }

    private sealed class Line : nn.Module<Tensor, Tensor>
    {
        private readonly List<Tensor> _former = [];
        private Parameter _weight = nn.Parameter(ones(4, 1));

        public Line()
            : base(nameof(Line)) => register_parameter("weight", _weight);

        /// <summary>Replaces the parameter and keeps the former one alive; TorchSharp's conversions dispose it.</summary>
        public void Convert()
        {
            _former.Add(_weight);
            _weight = nn.Parameter(zeros(4, 1, float64));
            ConditionallyRegisterParameter("weight", _weight);
        }

        public override Tensor forward(Tensor input) => input.to(_weight.dtype).matmul(_weight);
    }

    private sealed class ConvertingCallback(Converter converter) : Callback
    {
        public override StateMap StateDict() => new() { ["here"] = 1 };

        public override void LoadStateDict(StateMap state) => converter.Convert();
    }

    private sealed class ConvertingData(Converter converter) : IEnumerable<Tensor>, IStatefulSource
    {
        public StateMap StateDict() => new() { ["here"] = 1 };

        public void LoadStateDict(StateMap state) => converter.Convert();

        public IEnumerator<Tensor> GetEnumerator()
        {
            yield return ones(2, 4);
            yield return ones(2, 4);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
