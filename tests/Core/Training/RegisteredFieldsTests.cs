using System.Collections.Immutable;

namespace Fulgurite.Tests.Core.Training;

/// <summary>Modules whose parts are not registered, optimizers that train something else, and fields that are set anew.</summary>
[TestClass]
public sealed class RegisteredFieldsTests : IDisposable
{
    private readonly CollectingLogger _log = new(LogLevel.Warning);

    public static IEnumerable<(string Field, Func<Linear[], object> Make)> Holders =>
    [
        ("Linear", parts => parts[0]),
        ("Linear[]", parts => parts),
        ("List<Linear>", parts => parts.ToList()),
        ("Dictionary<String, Linear>", parts => parts.ToDictionary(part => $"{part.GetHashCode()}", StringComparer.Ordinal)),
        ("HashSet<Module>", parts => parts.ToHashSet<nn.Module>()),
        ("ImmutableArray<Linear>", parts => parts.ToImmutableArray()),
        ("List<List<Linear>>", parts => new List<List<Linear>> { parts.ToList() }),
        ("tuple", parts => (1, parts[0])),
        ("record", parts => new Block("name", parts[0])),
        ("Parameter", parts => parts[0].weight!),
        ("Parameter[]", parts => new[] { parts[0].weight!, parts[1].weight! }),
        ("Sequential", parts => nn.Sequential(parts[0], parts[1])),
    ];

    public void Dispose() => _log.Dispose();

    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    [DynamicData(nameof(Holders))]
    public void Fit_NothingRegistered_IsAnErrorThatNamesTheFields(string kind, Func<Linear[], object> make)
    {
        using var module = new HolderModule(make, registersLine: false);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith(
            "HolderModule has no parameters, because these fields are not registered: _held (Object), _line (Linear).",
            error.Message,
            kind);
        Assert.Contains("RegisterComponents()", error.Message);
        Assert.AreEqual(0, module.Steps);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    [DynamicData(nameof(Holders))]
    public void Fit_PartIsNotRegistered_WarnsOnceAndNamesTheField(string kind, Func<Linear[], object> make)
    {
        using var module = new HolderModule(make);

        Make().Fit(module, LineModule.Batches(2));

        Assert.StartsWith("Parts of HolderModule are not registered", _log.Messages.Single(), kind);
        Assert.Contains("parameters(): _held (Object). Register them", _log.Messages.Single());
        Assert.Contains("[Unregistered]", _log.Messages.Single());
    }

    [TestMethod]
    public void Fit_PartOfARegisteredModule_IsNamedWithIt()
    {
        using var module = new OuterModule();

        Make().Fit(module, LineModule.Batches(2));

        Assert.Contains("parameters(): _inner._layers (List<Linear>). Register them", _log.Messages.Single());
    }

    [TestMethod]
    public void Fit_MarkedReferencedOrRegisteredElsewhere_SaysNothing()
    {
        using var module = new LegitimateModule();

        Make().Fit(module, LineModule.Batches(2));

        Assert.IsEmpty(_log.Messages);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    public void Fit_ModuleWithoutParameters_IsAnError()
    {
        using var module = new EmptyModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("EmptyModule has no parameters, so there is nothing to train.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    public void Run_ModuleWithoutParametersThatTrainsNothingByItself_Works()
    {
        using var manual = new EmptyModule { Automatic = false };

        Assert.AreEqual(FitStatus.Completed, Make().Fit(manual, LineModule.Batches(2)).Status);
        Assert.AreEqual(1, Make().Validate(manual, LineModule.Batches(2))["value"]);
        var predictions = Make().Predict(manual, LineModule.Batches(2));
        Assert.HasCount(2, predictions);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP5")]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_OptimizerWithoutParameters_IsAnError(bool automatic)
    {
        using var module = new LineModule { Automatic = automatic, Setup = _ => optim.SGD(Array.Empty<Parameter>(), 0.1) };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The SGD of LineModule has an empty parameter list and would train nothing.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP5")]
    public void Fit_OptimizerOfAnotherModule_IsAnError()
    {
        using var other = nn.Linear(4, 1);
        using var module = new LineModule
        {
            Setup = module => new OptimizerSetup([optim.SGD(module.parameters(), 0.1), optim.Adam(other.parameters())]),
        };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The Adam of LineModule trains none of its parameters: all 2 do not belong to the module.", error.Message);
    }

    [TestMethod]
    public void Fit_NoSetup_IsAnError()
    {
        using var module = new LineModule { Setup = _ => null! };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("ConfigureOptimizers of LineModule returned null.", error.Message);
    }

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

    private Trainer Make(bool saves = false) => new(
        new SingleDeviceStrategy(new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 1 },
        saves ? [new SavingCheckpoint { AtBatchEnd = trainer => trainer.GlobalStep == 5 }] : [],
        loggerFactory: _log);

    private sealed record Block(string Name, Linear Layer);

    private sealed class HolderModule : TrainingModule<Tensor>
    {
        private readonly object _held;
        private readonly Linear _line = nn.Linear(4, 1);

        public HolderModule(Func<Linear[], object> make, bool registersLine = true)
            : base(nameof(HolderModule))
        {
            _held = make([nn.Linear(4, 4), nn.Linear(4, 4)]);
            if (registersLine)
            {
                register_module("line", _line);
            }
        }

        public int Steps { get; private set; }

        public object Held => _held;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            Steps++;
            return _line.call(batch).pow(2).mean();
        }
    }

    private sealed class Inner : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _own = nn.Linear(4, 4);
        private readonly List<Linear> _layers = [nn.Linear(4, 1)];

        public Inner()
            : base(nameof(Inner)) => RegisterComponents();

        public override Tensor forward(Tensor input) => _layers[0].call(_own.call(input));
    }

    private sealed class OuterModule : TrainingModule<Tensor>
    {
        private readonly Inner _inner = new();

        public OuterModule()
            : base(nameof(OuterModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => _inner.call(batch).mean();
    }

    private sealed class LegitimateModule : TrainingModule<Tensor>
    {
        private readonly Linear _line = nn.Linear(4, 1);
        private readonly Linear[] _views;
        private readonly Parameter _tied;
        private readonly LegitimateModule _self;
        private readonly List<Tensor> _collected = [];
        private readonly Func<Tensor, Tensor> _activation = static input => input * 2;
        private readonly ModuleList<Linear> _more = nn.ModuleList(nn.Linear(4, 1));

        [Unregistered]
        private readonly List<Linear> _teachers = [nn.Linear(4, 1)];

        public LegitimateModule()
            : base(nameof(LegitimateModule))
        {
            RegisterComponents();
            (_views, _tied, _self) = ([_line], _line.weight!, this);
        }

        [Unregistered]
        public Linear[] Frozen { get; } = [nn.Linear(4, 1)];

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            _collected.Add(batch);
            using var _ = _self._teachers[0].call(batch);
            return _activation(_views[0].call(batch)).mean() + _tied.mean() + _more[0].call(batch).mean();
        }
    }

    private sealed class EmptyModule : TrainingModule<Tensor, Tensor>
    {
        public EmptyModule()
            : base(nameof(EmptyModule))
        {
        }

        public bool Automatic { get; init; } = true;

        [Unregistered]
        public Parameter Free { get; } = new(ones(1));

        public override bool AutomaticOptimization => Automatic;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD([Free], 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;

        public override void ValidationStep(Tensor batch, int batchIndex) => Log("value", 1);

        public override Tensor PredictStep(Tensor batch, int batchIndex) => batch * 2;
    }

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
