using System.Collections.Immutable;

namespace Fulgurite.Tests.Core.Training;

/// <summary>Modules whose parts are not registered.</summary>
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

    private Trainer Make() => new(
        new SingleDeviceStrategy(new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 1 },
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
}
