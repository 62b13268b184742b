namespace Fulgurite.Tests.Core.Metrics;

/// <summary>What a value counts in the mean of an epoch or evaluation.</summary>
[TestClass]
public sealed class MetricWeightTests
{
    public static IEnumerable<(string Kind, Func<Tensor, object> Make)> Kinds =>
    [
        ("tensor", batch => batch),
        ("tuple", batch => (batch, "text")),
        ("second of a tuple", batch => ("text", batch)),
        ("nested tuple", batch => ((new[] { 1.0 }, batch), 3)),
        ("array", batch => new[] { batch, batch }),
        ("list", batch => new List<object> { "text", batch }),
        ("dictionary", batch => new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["inputs"] = batch }),
        ("record", batch => new Record("text", batch)),
        ("record of values", batch => new ValueRecord(7, batch)),
        ("class", batch => new Plain { Inputs = batch }),
        ("class with a field", batch => new WithField(batch)),
    ];

    [TestMethod]
    [TestProperty("Behaviour", "ME1")]
    [DynamicData(nameof(Kinds))]
    public void Log_MeanOfBatchesOfUnequalSizes_IsWeightedByTheirSize(string kind, Func<Tensor, object> make)
    {
        using var module = new AnyBatchModule();
        List<object> data = [.. LineModule.Sizes(4, 4, 1).Select(make)];
        var trainer = Make();

        var fit = trainer.Fit(module, data);

        Assert.AreEqual(((1 * 4) + (2 * 4) + (3 * 1)) / 9.0, fit.Metrics["value"], 1e-12, kind);
        Assert.AreEqual(15.0 / 9, trainer.Validate(module, data)["value"], 1e-12, kind);
        Assert.AreEqual(15.0 / 9, trainer.Test(module, data)["value"], 1e-12, kind);
    }

    [TestMethod]
    [TestProperty("Behaviour", "ME1")]
    public void Log_BatchesWithoutTensorsOrOfNoDimensions_CountOneEach()
    {
        using var module = new AnyBatchModule();

        Assert.AreEqual(2, Make().Validate(module, new List<object> { 1, new[] { 1.0, 2.0 }, "text" })["value"], 1e-12);
        Assert.AreEqual(1.5, Make().Validate(module, new List<object> { tensor(1f), tensor(2f) })["value"], 1e-12);
    }

    [TestMethod]
    [DataRow(MetricReduction.Sum, 6.0)]
    [DataRow(MetricReduction.Max, 3.0)]
    [DataRow(MetricReduction.Last, 3.0)]
    public void Log_OtherReductions_IgnoreTheSizeOfTheBatch(MetricReduction reduce, double expected)
    {
        using var module = new AnyBatchModule { Reduce = reduce };

        Assert.AreEqual(expected, Make().Validate(module, LineModule.Sizes(4, 4, 1).ToList<object>())["value"]);
    }

    [TestMethod]
    public void Log_WeightIsGiven_GoesBeforeTheSizeOfTheBatch()
    {
        using var module = new AnyBatchModule { Weight = 1 };

        Assert.AreEqual(2.0, Make().Validate(module, LineModule.Sizes(4, 4, 1).ToList<object>())["value"]);
    }

    [TestMethod]
    public void Log_TensorsOfUnequalFirstDimensions_WarnsOnceAndTakesTheFirst()
    {
        var log = new CollectingLogger(LogLevel.Warning);
        using var module = new AnyBatchModule();

        Make(log).Validate(module, new List<object> { (ones(2, 4), ones(5)), (ones(6, 4), ones(5)) });

        Assert.Contains(
            "assumed to be 2, the first dimension of the first tensor, but the batch also has a tensor of shape [5]",
            log.Messages.Single());
    }

    [TestMethod]
    [TestProperty("Behaviour", "ME2")]
    [DataRow(0.0)]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void Log_WeightThatIsNoPositiveNumber_IsRefused(double weight)
    {
        using var module = new AnyBatchModule { Weight = weight };

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Make().Validate(module, new List<object> { ones(2, 4) }));

        Assert.StartsWith("The weight of the metric 'value' must be a finite number above 0.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "ME3")]
    [DataRow(ScalarType.ComplexFloat32)]
    [DataRow(ScalarType.ComplexFloat64)]
    public void Log_ComplexTensor_IsRefused(ScalarType type)
    {
        using var module = new AnyBatchModule { Value = () => ones(1, dtype: type) };

        var error = Assert.ThrowsExactly<ArgumentException>(() => Make().Validate(module, new List<object> { ones(2, 4) }));

        Assert.StartsWith("Expected a real number and got a complex tensor. Log its absolute value (abs())", error.Message);
    }

    private static Trainer Make(CollectingLogger? log = null) =>
        new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1 }, loggerFactory: log);

    private sealed record Record(string Text, Tensor Inputs);

    private readonly record struct ValueRecord(int Number, Tensor Inputs);

    private sealed class Plain
    {
        public Tensor? Inputs { get; init; }
    }

    private sealed class WithField(Tensor inputs)
    {
        public readonly Tensor Inputs = inputs;
    }

    private sealed class AnyBatchModule : TrainingModule<object>
    {
        private readonly TorchSharp.Modules.Linear _line = nn.Linear(4, 1);

        public AnyBatchModule()
            : base(nameof(AnyBatchModule)) => RegisterComponents();

        public MetricReduction Reduce { get; init; }

        public double? Weight { get; init; }

        public Func<Tensor>? Value { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(object batch, int batchIndex)
        {
            Write(batchIndex);
            return _line.call(ones(1, 4)).sum();
        }

        public override void ValidationStep(object batch, int batchIndex) => Write(batchIndex);

        public override void TestStep(object batch, int batchIndex) => Write(batchIndex);

        private void Write(int index) => Log("value", Value?.Invoke() ?? tensor(index + 1.0), reduce: Reduce, weight: Weight);
    }
}
