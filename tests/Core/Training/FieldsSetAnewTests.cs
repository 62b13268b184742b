namespace Fulgurite.Tests.Core.Training;

/// <summary>Fields of buffers, parameters and modules that are set to other objects during a fit.</summary>
[TestClass]
public sealed class FieldsSetAnewTests
{
    [TestMethod]
    [TestProperty("Behaviour", "RS16")]
    [DataRow("buffer", "'Running'", "buffer.copy_(...)")]
    [DataRow("buffer of a list", "'_all[1]'", "buffer.copy_(...)")]
    [DataRow("buffer of a part", "'_part.Running'", "buffer.copy_(...)")]
    [DataRow("parameter", "'Scale'", "parameter.copy_(...)")]
    [DataRow("module", "'_line'", "[Unregistered]")]
    public void Fit_FieldOfWhatIsRegisteredIsSetAnew_IsAnErrorAtTheFirstBatch(string kind, string field, string remedy)
    {
        using var module = new StatisticsModule { Anew = kind };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make(saves: true).Fit(module, LineModule.Batches(5)));

        Assert.StartsWith($"The field {field} of StatisticsModule was set to another ", error.Message);
        Assert.Contains(remedy, error.Message);
        Assert.AreEqual(1, module.Steps);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS16")]
    [DataRow("in place")]
    [DataRow("in place, another object")]
    [DataRow("not saved")]
    [DataRow("marked")]
    public void Fit_FieldOfWhatIsRegisteredIsWrittenTo_IsFine(string kind)
    {
        using var module = new StatisticsModule { Anew = kind };

        Assert.AreEqual(5, Make(saves: true).Fit(module, LineModule.Batches(5)).GlobalStep);
    }

    [TestMethod]
    public void Fit_BufferSetAnewAndNothingSaved_IsFine()
    {
        using var module = new StatisticsModule { Anew = "buffer" };

        Assert.AreEqual(5, Make().Fit(module, LineModule.Batches(5)).GlobalStep);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS16")]
    public void SaveCheckpoint_BufferSetAnewByAHook_IsAnError()
    {
        using var module = new StatisticsModule { Anew = "buffer at the end" };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make(saves: true).Fit(module, LineModule.Batches(5)));

        Assert.StartsWith("The field 'Running' of StatisticsModule was set to another tensor than the registered 'Running'", error.Message);
    }

    private static Trainer Make(bool saves = false) => new(
        new SingleDeviceStrategy(new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 1 },
        saves ? [new SavingCheckpoint { AtBatchEnd = trainer => trainer.GlobalStep == 5 }] : []);

    private sealed class Part : nn.Module<Tensor, Tensor>
    {
        public Tensor Running = zeros(3);

        public Part()
            : base(nameof(Part)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input;
    }

    private sealed class StatisticsModule : TrainingModule<Tensor>
    {
        private readonly List<Tensor> _all = [zeros(1), zeros(1)];
        private readonly Part _part = new();
        private Linear _line = nn.Linear(4, 1);
        private Tensor _scratch = zeros(1);

        [Unregistered]
        private Tensor _marked = zeros(1);

        public StatisticsModule()
            : base(nameof(StatisticsModule))
        {
            register_buffer("_scratch", _scratch, persistent: false);
            register_buffer("first", _all[0]);
            register_buffer("second", _all[1]);
            register_buffer(nameof(Running), Running);
            register_buffer(nameof(_marked), _marked);
            register_parameter(nameof(Scale), Scale);
            register_module(nameof(_line), _line);
            register_module(nameof(_part), _part);
        }

        public Tensor Running { get; private set; } = zeros(3);

        public Parameter Scale { get; private set; } = new(ones(1));

        public string Anew { get; init; } = string.Empty;

        public int Steps { get; private set; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            Steps++;
            using (no_grad())
            {
                switch (Anew)
                {
                    case "buffer":
                        Running = ((Running * 0.9) + (ones(3) * 0.1)).DetachFromDisposeScope();
                        break;
                    case "buffer of a list":
                        _all[1] = (_all[1] + 1).DetachFromDisposeScope();
                        break;
                    case "buffer of a part":
                        _part.Running = (_part.Running + 1).DetachFromDisposeScope();
                        break;
                    case "parameter":
                        Scale = new Parameter(Scale * 2).DetachFromDisposeScope() as Parameter ?? Scale;
                        break;
                    case "module":
                        _line = nn.Linear(4, 1);
                        break;
                    case "in place":
                        Running.mul_(0.9).add_(0.1);
                        break;
                    case "in place, another object":
                        Running = Running.zero_().DetachFromDisposeScope();
                        break;
                    case "not saved":
                        _scratch = (_scratch + 1).DetachFromDisposeScope();
                        break;
                    case "marked":
                        _marked = (_marked + 1).DetachFromDisposeScope();
                        break;
                    default:
                        break;
                }
            }

            return (_line.call(batch) * Scale).pow(2).mean();
        }

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (Anew == "buffer at the end" && Steps == 4)
            {
                Running = ones(3).DetachFromDisposeScope();
            }
        }
    }
}
