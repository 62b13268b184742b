using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Core.Training;

/// <summary>When a fit validates, and what a validation leaves alone.</summary>
[TestClass]
public sealed class ValidationScheduleTests
{
    [TestMethod]
    [DataRow(null, 1, new[] { 8, 16, 24, 32 }, DisplayName = "the end of each epoch")]
    [DataRow("1.0", 1, new[] { 8, 16, 24, 32 }, DisplayName = "a whole epoch")]
    [DataRow("3", 1, new[] { 3, 6, 11, 14, 19, 22, 27, 30 }, DisplayName = "batches of an epoch")]
    [DataRow("0.5", 1, new[] { 4, 8, 12, 16, 20, 24, 28, 32 }, DisplayName = "a fraction")]
    [DataRow(
        "0.01",
        1,
        new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 },
        DisplayName = "never less than a batch")]
    [DataRow(null, 2, new[] { 16, 32 }, DisplayName = "every other epoch")]
    [DataRow("4", 2, new[] { 12, 16, 28, 32 }, DisplayName = "batches of every other epoch")]
    [DataRow("12", null, new[] { 12, 24 }, DisplayName = "batches across epochs")]
    [DataRow("00:00:50", 1, new[] { 5, 10, 15, 20, 25, 30 }, DisplayName = "a time")]
    public void Fit_Interval_ValidatesAfterTheseBatches(string? interval, int? everyEpochs, int[] expected)
    {
        var clock = new FakeTimeProvider();
        var counter = new CountingCallback(clock);
        using var module = new SmallModule();
        var options = new TrainerOptions
        {
            MaxEpochs = 4,
            ValidationInterval = interval is null ? null : ValidationInterval.Parse(interval, null),
            CheckValidationEveryNEpochs = everyEpochs,
        };

        new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            options,
            [counter],
            timeProvider: clock).Fit(module, new SmallData(8), new SmallData(1));

        Assert.AreSequenceEqual(expected, counter.Validations);
    }

    [TestMethod]
    [DataRow("6", null, 4, null, new[] { 6, 12, 18, 24, 30, 32 }, DisplayName = "after the last epoch")]
    [DataRow("8", null, 4, null, new[] { 8, 16, 24, 32 }, DisplayName = "once where one is due")]
    [DataRow("6", null, 4, 21, new[] { 6, 12, 18 }, DisplayName = "not at the last step, where a run may resume")]
    [DataRow("00:00:50", 1, 4, null, new[] { 5, 10, 15, 20, 25, 30, 32 }, DisplayName = "after the last time")]
    [DataRow(null, 2, 3, null, new[] { 16, 24 }, DisplayName = "after an epoch without validation")]
    public void Fit_ValidateAtEnd_ValidatesAfterTheLastEpoch(string? interval, int? everyEpochs, int epochs, int? steps, int[] expected)
    {
        var clock = new FakeTimeProvider();
        var counter = new CountingCallback(clock);
        using var module = new SmallModule();
        var options = new TrainerOptions
        {
            MaxEpochs = epochs,
            MaxSteps = steps,
            ValidationInterval = interval is null ? null : ValidationInterval.Parse(interval, null),
            CheckValidationEveryNEpochs = everyEpochs,
            ValidateAtEnd = true,
        };

        new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, [counter], timeProvider: clock)
            .Fit(module, new SmallData(8), new SmallData(1));

        Assert.AreSequenceEqual(expected, counter.Validations);
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP16")]
    public void Fit_ValidationWithinAWindow_LeavesItsGradients()
    {
        var (whole, validated) = (Weights(validationInterval: null), Weights(validationInterval: 2));

        Assert.AreSequenceEqual(whole, validated, "windows of three batches, validations after the second and fourth");
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP19")]
    public void Fit_ResumedAfterAValidation_DoesNotValidateAgain()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var save = new SaveAfterValidation();
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxSteps = 4, ValidationInterval = 4 },
            [save]).Fit(module, new SmallData(8), new SmallData(1));
        var counter = new CountingCallback(new FakeTimeProvider());

        new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1, ValidationInterval = 4 }, [counter])
            .Fit(module, new SmallData(8), new SmallData(1), "validated.ckpt");

        Assert.AreSequenceEqual(new[] { 4 }, counter.Validations, "only that after four more batches");
    }

    [TestMethod]
    public void Fit_SanityValidation_ChangesNothingAndLeavesNoMetric()
    {
        var without = Run(sanity: 0);
        var with = Run(sanity: 2);

        Assert.AreSequenceEqual(without.Losses, with.Losses, "bit for bit: it uses random numbers of its own");
        Assert.AreEqual(0, without.Trials);
        Assert.AreEqual(2, with.Trials);
        Assert.IsFalse(with.KnewMetric, "what the trial logged is forgotten");
    }

    [TestMethod]
    public void Fit_FractionOfUnknownLength_SaysWhatToWrite()
    {
        using var module = new SmallModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { ValidationInterval = 0.5 });

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => trainer.Fit(module, new SmallData(2).Select(batch => batch), new SmallData(1)));

        Assert.StartsWith("ValidationInterval is 0.5, a fraction of an epoch, but the number of batches is unknown.", error.Message);
    }

    private static (List<double> Losses, int Trials, bool KnewMetric) Run(int sanity)
    {
        manual_seed(1);
        using var module = new SmallModule();
        var trial = new TrialCallback();
        new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, SanityValidationSteps = sanity },
            [trial])
            .Fit(module, new SmallData(4), new RandomUsingData());
        return (module.Losses, trial.Batches, trial.KnewMetric);
    }

    private static float[] Weights(int? validationInterval)
    {
        manual_seed(1);
        using var module = new SmallModule(parameters => optim.SGD(parameters, learningRate: 0.05));
        var options = new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 3, ValidationInterval = validationInterval };
        new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options).Fit(
            module, new SmallData(6), validationInterval is null ? null : new SmallData(1));
        return module.state_dict()["_first.weight"].data<float>().ToArray();
    }

    private sealed class CountingCallback(FakeTimeProvider clock) : Callback
    {
        private int _batches;

        public List<int> Validations { get; } = [];

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            _batches++;
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        public override void OnValidationEnd(OnValidationEndArguments arguments) => Validations.Add(_batches);
    }

    private sealed class SaveAfterValidation : Checkpoint
    {
        public override void OnValidationEnd(OnValidationEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: false, ("validated.ckpt", null));
    }

    private sealed class TrialCallback : Callback
    {
        public int Batches { get; private set; }

        public bool KnewMetric { get; private set; }

        public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) =>
            Batches += arguments.Trainer.IsSanityChecking ? 1 : 0;

        public override void OnTrainStart(OnTrainStartArguments arguments) =>
            KnewMetric = arguments.Trainer.Metrics.TryGet("val_loss", out _);
    }

    private sealed class RandomUsingData : System.Collections.Generic.IEnumerable<(Tensor Inputs, Tensor Targets)>
    {
        public IEnumerator<(Tensor Inputs, Tensor Targets)> GetEnumerator()
        {
            for (var index = 0; index < 3; index++)
            {
                yield return (rand(6, 4), rand(6, 1));
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
