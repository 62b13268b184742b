namespace Fulgurite.Tests.Callbacks.BestInMemory;

/// <summary>Which of two written states remains, whatever the order of the events around their saves.</summary>
[TestClass]
public sealed class SaveOrderTests
{
    private const string Folder = "mem://run";
    private const string First = $"{Folder}/best-epoch=0-step=2.ckpt", Second = $"{Folder}/best-epoch=1-step=4.ckpt";

    [TestMethod]
    [DataRow(true, DisplayName = "both end while another save is reported")]
    [DataRow(false, DisplayName = "the second ends first")]
    public void Fit_SecondBestEndsBeforeTheFirstIsReported_RemainsOnStorage(bool inOrder)
    {
        var io = new HeldCheckpointIO();
        using var best = Make();
        var step = 0;
        var other = new SavingCallback { AtBatchEnd = trainer => trainer.GlobalStep == 3 };
        var ending = new HookCallback
        {
            BeforeStep = () =>
            {
                if (++step == 6)
                {
                    Assert.AreSequenceEqual([First, "step3.ckpt", Second], io.Submitted.Select(save => save.Path));
                    io.Release(path => path == (inOrder ? "step3.ckpt" : Second));
                }
            },
        };

        // Reported after the first best one was found pending, and before the second one is looked at.
        var reported = new LambdaCallback().On<OnCheckpointDurableArguments>(hook =>
        {
            if (hook.Operation.Path == "step3.ckpt")
            {
                io.Release(path => path == First);
                io.Release(path => path == Second);
            }
        });

        Fit(io, [best, other, ending, reported], [0.5, 0.3, 0.4]);

        Assert.AreEqual(Second, best.BestModelPath);
        Assert.Contains(Second, io.Files);
        Assert.AreSequenceEqual([First], io.Removed);
    }

    [TestMethod]
    [DataRow("best-{epoch}-{step}", Second)]
    [DataRow("best", $"{Folder}/best.ckpt")]
    public void Fit_ResumedFromTheBestItself_DoesNotReplaceItByAWorseOne(string filename, string path)
    {
        var store = new InMemoryCheckpointIO();
        using (var earlier = Make(o => o.Filename = filename))
        {
            Fit(store, [earlier], [0.5, 0.3]);
            Assert.AreSequenceEqual([path], store.Paths);
        }

        using var best = Make(o => o.Filename = filename);
        Fit(store, [best], [0.4, 0.6], path, epochs: 4);

        Assert.AreEqual(0.3, best.BestModelScore);
        Assert.AreEqual(path, best.BestModelPath);
        Assert.AreSequenceEqual([path], store.Paths);
    }

    [TestMethod]
    public void Fit_MetricLoggedInTrainingStepsWithDefaults_IsComparedByTheMeanOfTheEpoch()
    {
        // Two batches an epoch: the last value of the second epoch is worse, the mean of the epoch is better.
        double[] values = [9, 3, 4, 5];
        var store = new InMemoryCheckpointIO();
        using var best = Make(o => o.Monitor = "train");
        using var module = new PolicyModule { Train = number => values[number - 1] };
        using var strategy = new SingleDeviceStrategy(store);

        new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [best]).Fit(module, PolicyModule.Data(2));

        Assert.AreEqual(4.5, best.BestModelScore);
        Assert.AreSequenceEqual([Second], store.Paths);
    }

    private static BestInMemoryCheckpoint Make(Action<BestInMemoryOptions>? configure = null)
    {
        var options = new BestInMemoryOptions { Monitor = "val", DirPath = Folder, WriteAfter = TimeSpan.Zero };
        configure?.Invoke(options);
        return new BestInMemoryCheckpoint(options);
    }

    private static void Fit(CheckpointIO io, Callback[] callbacks, double[] scores, string? resume = null, int? epochs = null)
    {
        using var module = new PolicyModule { Validation = number => scores[number - 1] };
        using var strategy = new SingleDeviceStrategy(io);
        new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs ?? scores.Length }, callbacks).Fit(
            module, PolicyModule.Data(2), PolicyModule.Data(1), resume);
    }
}
