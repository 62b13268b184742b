namespace Fulgurite.Tests.Core.Training;

/// <summary>What a run leaves behind, and what TorchSharp's count says of it.</summary>
[TestClass]
public sealed class LiveTensorTests
{
    [TestMethod]
    public void TotalCount_OfParametersThatAreGone_GrowsByOneEach()
    {
        Assert.AreEqual(
            1,
            LiveTensors.GrowthBy(() => nn.Parameter(ones(2)).Dispose()),
            "TorchSharp counts parameters right: LiveTensors has no correction to make");
        Assert.AreEqual(2, LiveTensors.GrowthBy(() => nn.Linear(2, 2).Dispose()));
        Assert.AreEqual(0, LiveTensors.GrowthBy(() => ones(2).Dispose()));
        Assert.AreEqual(0, LiveTensors.GrowthBy(() => nn.LSTM(2, 2).Dispose()), "parameters of native modules are not made of tensors");
    }

    [TestMethod]
    [DataRow("adam")]
    [DataRow("adamw")]
    [DataRow("sgd")]
    [DataRow("rmsprop")]
    public void Fit_ValidateTestPredict_LeaveNothing(string optimizer)
    {
        Assert.AreEqual(0, LiveTensors.LeftBy(() => RunAll(optimizer), () => new SmallModule().Dispose()));
    }

    private static void RunAll(string optimizer)
    {
        using var module = new SmallModule(parameters => optimizer switch
        {
            "adam" => optim.Adam(parameters, 0.05, amsgrad: true),
            "adamw" => optim.AdamW(parameters, 0.05),
            "sgd" => optim.SGD(parameters, 0.05, momentum: 0.9),
            _ => optim.RMSProp(parameters, 0.05, momentum: 0.9, centered: true),
        });
        using var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 2, AccumulateGradBatches = 2, GradientClipNorm = 1 },
            [new SavingCheckpoint()]);
        trainer.Fit(module, new SmallData(6), new SmallData(2));
        trainer.Validate(module, new SmallData(2));
        trainer.Test(module, new SmallData(2));
        trainer.Predict(module, new SmallData(2), keepPredictions: false);
    }
}
