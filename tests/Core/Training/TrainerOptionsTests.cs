using System.ComponentModel;
using Microsoft.Extensions.Options;

namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class TrainerOptionsTests
{
    [TestMethod]
    [DataRow("10", 10, null)]
    [DataRow("0", 0, null)]
    [DataRow("1", 1, null)]
    [DataRow("1.0", null, 1.0)]
    [DataRow("0.25", null, 0.25)]
    [DataRow("5e-1", null, 0.5)]
    public void BatchLimit_Text_IsANumberOrAFraction(string text, int? count, double? fraction)
    {
        var limit = (BatchLimit)TypeDescriptor.GetConverter(typeof(BatchLimit)).ConvertFromInvariantString(text)!;

        Assert.AreEqual(count, limit.Count);
        Assert.AreEqual(fraction, limit.Fraction);
        Assert.AreEqual(limit, BatchLimit.Parse(limit.ToString(), null));
    }

    [TestMethod]
    [DataRow("-1")]
    [DataRow("1.5")]
    [DataRow("all")]
    [DataRow("")]
    public void BatchLimit_OtherText_SaysWhatIsAllowed(string text)
    {
        var error = Assert.ThrowsExactly<FormatException>(() => BatchLimit.Parse(text, null));

        Assert.AreEqual(
            $"'{text}' is not a batch limit. Write a number of batches, such as 10, or a fraction of the data from 0.0 to 1.0, such as "
                + "0.25.",
            error.Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => (BatchLimit)(-1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => (BatchLimit)1.5);
    }

    [TestMethod]
    [DataRow("100", 100, null, 0)]
    [DataRow("0.25", null, 0.25, 0)]
    [DataRow("00:15:00", null, null, 900)]
    public void ValidationInterval_Text_IsBatchesAFractionOrATime(string text, int? batches, double? fraction, int seconds)
    {
        var interval = (ValidationInterval)TypeDescriptor.GetConverter(typeof(ValidationInterval)).ConvertFromInvariantString(text)!;

        Assert.AreEqual(batches, interval.Batches);
        Assert.AreEqual(fraction, interval.Fraction);
        Assert.AreEqual(seconds == 0 ? null : TimeSpan.FromSeconds(seconds), interval.Time);
        Assert.AreEqual(text, interval.ToString());
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("0.0")]
    [DataRow("2.5")]
    [DataRow("-00:15:00")]
    [DataRow("often")]
    public void ValidationInterval_OtherText_IsRefused(string text) =>
        Assert.ThrowsExactly<FormatException>(() => ValidationInterval.Parse(text, null));

    [TestMethod]
    public void Constructor_WrongOptions_NamesThemAll()
    {
        var options = new TrainerOptions { MaxEpochs = -1, AccumulateGradBatches = 0 };

        var error = Assert.ThrowsExactly<OptionsValidationException>(
            () => new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options));

        Assert.AreSequenceEqual(
            new[] { "TrainerOptions.MaxEpochs is -1; allowed is 0 or more.", "TrainerOptions.AccumulateGradBatches is 0; allowed is 1 or "
                + "more." },
            error.Failures);
    }

    public static IEnumerable<(Action<TrainerOptions>, string)> ValidationErrors =>
    [
        (options => (options.GradientClipNorm, options.GradientClipValue) = (1, 1), "GradientClipNorm and GradientClipValue are both set."),
        (options => options.LimitTrainBatches = 0, "LimitTrainBatches is 0"),
        (options => options.CheckValidationEveryNEpochs = null, "CheckValidationEveryNEpochs is null and ValidationInterval is null."),
        (options => (options.MinEpochs, options.MaxEpochs) = (3, 2), "MinEpochs is 3; allowed is at most MaxEpochs, 2."),
        (options => (options.MinSteps, options.MaxSteps) = (3, 2), "MinSteps is 3; allowed is at most MaxSteps, 2."),
        (options => options.MaxTime = TimeSpan.Zero, "MaxTime is 00:00:00; allowed is more than 00:00:00."),
    ];

    [TestMethod]
    [DynamicData(nameof(ValidationErrors))]
    public void Constructor_Validate_SaysWhatIsAllowed(Action<TrainerOptions> wrong, string message)
    {
        var options = new TrainerOptions();
        wrong(options);

        var error = Assert.ThrowsExactly<OptionsValidationException>(
            () => new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options));

        Assert.StartsWith($"TrainerOptions: {message}", error.Failures.Single());
    }

    [TestMethod]
    [DataRow("3", 3)]
    [DataRow("0.5", 4)]
    [DataRow("1.0", 8)]
    [DataRow("99", 8)]
    public void Fit_LimitTrainBatches_UsesSoMany(string limit, int expected)
    {
        using var module = new SmallModule();
        var trainer = Make(new TrainerOptions { MaxEpochs = 1, LimitTrainBatches = BatchLimit.Parse(limit, null) });

        Assert.AreEqual(expected, trainer.Fit(module, new SmallData(8)).GlobalStep);
    }

    [TestMethod]
    public void Fit_LimitOfLessThanABatch_SaysSo()
    {
        using var module = new SmallModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Make(new TrainerOptions { LimitTrainBatches = 0.1 }).Fit(module, new SmallData(8)));

        Assert.AreEqual(
            "LimitTrainBatches is 0.1 and the data has 8 batches, so that this is less than one batch. Set it to 0.125 or more, "
                + "or to a number "
                + "of batches.",
            error.Message);
    }

    [TestMethod]
    public void Fit_LimitValidationBatchesOfNone_DoesNotValidate()
    {
        var hooks = new List<string>();
        using var module = new SmallModule();
        var trainer = Make(
            new TrainerOptions { MaxEpochs = 1, LimitValidationBatches = 0, ValidationInterval = 99 }, new RecordingCallback(hooks));

        trainer.Fit(module, new SmallData(2), new SmallData(1));

        Assert.DoesNotContain("callback.OnValidationStart", hooks);
        Assert.IsFalse(trainer.HasValidation);
    }

    [TestMethod]
    [TestProperty("Behaviour", "FD1")]
    public void Fit_FastDevRun_TriesEverythingAndSavesLogsAndPrintsNothing()
    {
        var hooks = new List<string>();
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var saving = new SavingCheckpoint { AtBatchEnd = _ => true };
        var logger = new CollectingMetricLogger();
        var options = new TrainerOptions
        {
            FastDevRun = 2,
            MaxEpochs = 9,
            LogEveryNSteps = 1,
            ValidationInterval = 99,
            SanityValidationSteps = 3,
        };
        var trainer = new Trainer(new SingleDeviceStrategy(storage), options, [new RecordingCallback(hooks), saving], [logger]);

        var result = trainer.Fit(module, new SmallData(8), new SmallData(8));

        Assert.AreEqual(2, result.GlobalStep);
        Assert.HasCount(2, hooks.Where(hook => hook == "callback.OnValidationBatchEnd").ToList());
        Assert.DoesNotContain("callback.OnSanityCheckStart", hooks);
        Assert.IsEmpty(storage.Paths);
        Assert.AreEqual(0, saving.Batches, "checkpoint callbacks take no part");
        Assert.IsEmpty(logger.Names);
        Assert.HasCount(2, trainer.Predict(module, new SmallData(8)).Select(prediction => prediction.DetachFromDisposeScope()).ToList());
    }

    [TestMethod]
    public void Fit_OverfitBatches_SeesTheSameFewInEveryEpochAndValidatesWithThem()
    {
        using var module = new SeenModule();
        var trainer = Make(new TrainerOptions { MaxEpochs = 3, OverfitBatches = 2 });

        trainer.Fit(module, new SmallData(8), new SmallData(5));

        Assert.HasCount(6, module.Trained);
        Assert.AreSequenceEqual(module.Trained.Take(2), module.Trained.Skip(2).Take(2), "the order of the first epoch, each time");
        Assert.AreSequenceEqual(module.Trained, module.Validated);
    }

    [TestMethod]
    [DataRow(null, 0.01)]
    [DataRow(0.01, null)]
    public void Fit_Clipping_KeepsGradientsWithinTheLimit(double? norm, double? value)
    {
        using var module = new SeenModule();

        Make(new TrainerOptions { MaxSteps = 1, GradientClipNorm = norm, GradientClipValue = value }).Fit(module, new SmallData(1));

        Assert.IsGreaterThan(0.01, module.LargestBefore);
        Assert.IsLessThanOrEqualTo(0.0100001, module.LargestAfter);
        Assert.AreEqual((norm, value), module.Asked);
    }

    private static Trainer Make(TrainerOptions options, params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, callbacks);

    /// <summary>Writes down the first number of each batch, and the largest gradient before and after clipping.</summary>
    private sealed class SeenModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly TorchSharp.Modules.Linear _layer = nn.Linear(4, 1);

        public SeenModule()
            : base(nameof(SeenModule)) => RegisterComponents();

        public List<float> Trained { get; } = [];

        public List<float> Validated { get; } = [];

        public double LargestBefore { get; private set; }

        public double LargestAfter { get; private set; }

        public (double? Norm, double? Value) Asked { get; private set; }

        public override Fulgurite.OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            Trained.Add(batch.Inputs.data<float>()[0]);
            return (_layer.call(batch.Inputs) * 100).square().mean();
        }

        public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            Validated.Add(batch.Inputs.data<float>()[0]);

        public override void ConfigureGradientClipping(ConfigureGradientClippingArguments arguments)
        {
            Asked = (arguments.Norm, arguments.Value);
            LargestBefore = Largest();
            base.ConfigureGradientClipping(arguments);
            LargestAfter = Largest();
        }

        private double Largest() => parameters().Max(parameter => parameter.grad!.abs().max().item<float>());
    }
}
