using Fulgurite.Tests.Core.Doubles;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Data;

/// <summary>Data without batches, and batches that are null.</summary>
[TestClass]
public sealed class UnusableDataTests
{
    [TestMethod]
    [TestProperty("Behaviour", "LP26")]
    public void Fit_ValidationDataThatCanBeEnumeratedOnce_IsAnErrorInTheSecondEpoch()
    {
        using var module = new LineModule();
        using var once = LineModule.Batches(3).GetEnumerator();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make(3).Fit(module, LineModule.Batches(2), Rest(once)));

        Assert.AreEqual(
            "The validation data returned no batches. It was enumerated in epoch 1: check that the data set is not empty "
            + "and that its batches can be enumerated again for every epoch.",
            error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP26")]
    [DataRow("Validate", "The validation data returned no batches.")]
    [DataRow("Test", "The test data returned no batches.")]
    [DataRow("Fit", "The validation data returned no batches.")]
    public void Evaluate_NoBatch_IsAnError(string stage, string message)
    {
        using var module = new LineModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Run(stage, module, []));

        Assert.StartsWith(message, error.Message);
    }

    [TestMethod]
    public void Predict_NoBatch_GivesNoPrediction()
    {
        using var module = new LineModule();

        Assert.IsEmpty(Make(1).Predict(module, []));
    }

    [TestMethod]
    public void Validate_LimitOfNoBatches_AsksForNone()
    {
        using var module = new LineModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { LimitValidationBatches = 0 });

        Assert.IsEmpty(trainer.Validate(module, []));
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP27")]
    [DataRow("Train", "Batch 1 of the training data is null.")]
    [DataRow("Fit", "Batch 1 of the validation data is null.")]
    [DataRow("Validate", "Batch 1 of the validation data is null.")]
    [DataRow("Test", "Batch 1 of the test data is null.")]
    [DataRow("Predict", "Batch 1 of the prediction data is null.")]
    public void Run_BatchThatIsNull_IsNamed(string stage, string message)
    {
        using var module = new LineModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Run(stage, module, [ones(2, 4), null!]));

        Assert.StartsWith(message, error.Message);
    }

    private static void Run(string stage, LineModule module, List<Tensor> data)
    {
        var trainer = Make(1);
        _ = stage switch
        {
            "Train" => trainer.Fit(module, data) as object,
            "Fit" => trainer.Fit(module, LineModule.Batches(2), data),
            "Validate" => trainer.Validate(module, data),
            "Test" => trainer.Test(module, data),
            _ => trainer.Predict(module, data),
        };
    }

    private static IEnumerable<Tensor> Rest(IEnumerator<Tensor> batches)
    {
        while (batches.MoveNext())
        {
            yield return batches.Current;
        }
    }

    private static Trainer Make(int epochs) =>
        new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = epochs });
}
