using System.Collections;
using Fulgurite.Tests.Core.Doubles;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Interruptions;

/// <summary>When a cancellation takes effect: before the run, on the way to a position, and while a batch is waited for.</summary>
[TestClass]
public sealed class CancellationTests
{
    [TestMethod]
    [TestProperty("Behaviour", "SG13")]
    public void Fit_TokenCancelledBefore_DoesNothing()
    {
        var hooks = new List<string>();
        var storage = new InMemoryCheckpointIO();
        using var module = new LineModule();
        var data = new Data(3);
        var saving = new SavingCheckpoint { OnInterruption = true };
        var trainer = new Trainer(new SingleDeviceStrategy(storage), callbacks: [new RecordingCallback(hooks), saving]);

        var result = trainer.Fit(module, data, cancellationToken: new CancellationToken(canceled: true));

        Assert.AreEqual((FitStatus.Cancelled, 0L, 0), (result.Status, result.GlobalStep, result.EpochsCompleted));
        Assert.IsEmpty(hooks);
        Assert.IsEmpty(storage.Paths);
        Assert.AreEqual((0, 0), (module.Configured, data.Loaded));
        var second = new Trainer(new SingleDeviceStrategy(storage), new() { MaxEpochs = 1 }).Fit(module, data);
        Assert.AreEqual(FitStatus.Completed, second.Status, "the module is free again");
    }

    [TestMethod]
    [TestProperty("Behaviour", "SG13")]
    [DataRow("Validate")]
    [DataRow("Test")]
    [DataRow("Predict")]
    public void Evaluate_TokenCancelledBefore_DoesNothing(string stage)
    {
        var hooks = new List<string>();
        var token = new CancellationToken(canceled: true);
        using var module = new LineModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), callbacks: [new RecordingCallback(hooks)]);

        Assert.ThrowsExactly<OperationCanceledException>(() => _ = stage switch
        {
            "Validate" => trainer.Validate(module, new Data(3), "last", token) as object,
            "Test" => trainer.Test(module, new Data(3), "last", token),
            _ => trainer.Predict(module, new Data(3), "last", cancellationToken: token),
        });
        Assert.IsEmpty(hooks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "SG13")]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(5)]
    public void Fit_CancelledWhileABatchIsLoaded_DoesNotUseItAndResumesExactly(int batch)
    {
        var whole = Fit(new Data(3), new InMemoryCheckpointIO(), null, out var expected, CancellationToken.None);
        var storage = new InMemoryCheckpointIO();
        using var cancellation = new CancellationTokenSource();

        var first = Fit(new Data(3) { AtBatch = { [batch] = cancellation.Cancel } }, storage, null, out _, cancellation.Token);
        var second = Fit(new Data(3), storage, "stopped.ckpt", out var resumed, CancellationToken.None);

        Assert.AreEqual((FitStatus.Cancelled, batch - 1L), (first.Status, first.GlobalStep));
        Assert.AreEqual(whole.GlobalStep, second.GlobalStep);
        Assert.AreSequenceEqual(expected, resumed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "SG13")]
    public void Fit_CancelledOnTheWayToItsPosition_StopsThereAndResumesExactly()
    {
        Fit(new Data(6), new InMemoryCheckpointIO(), null, out var expected, CancellationToken.None);
        var storage = new InMemoryCheckpointIO();
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Fit(new Data(6) { AtBatch = { [6] = first.Cancel } }, storage, null, out _, first.Token);
        var data = new Data(6) { AtBatch = { [2] = second.Cancel } };

        var result = Fit(data, storage, "stopped.ckpt", out _, second.Token);
        Fit(new Data(6), storage, "stopped.ckpt", out var resumed, CancellationToken.None);

        Assert.AreEqual((FitStatus.Cancelled, 5L, 2), (result.Status, result.GlobalStep, data.Loaded));
        Assert.AreSequenceEqual(expected, resumed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "SG13")]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_CancelledWhileWorkersLoad_DoesNotWaitForThem(bool prefetched)
    {
        using var cancellation = new CancellationTokenSource();
        using var given = new ManualResetEventSlim();
        Tensor Load(int index, CancellationToken unwanted)
        {
            if (index == 2)
            {
                // Never ready: the run has to give it up.
                given.Wait(unwanted);
                cancellation.Cancel();
                unwanted.WaitHandle.WaitOne();
                unwanted.ThrowIfCancellationRequested();
            }

            return ones(4);
        }

        var items = Dataset.Create(6, item => Load((int)item.Index, item.CancellationToken));
        IEnumerable<Tensor> data = DataSource.From(items, new() { BatchSize = 1, Workers = 2 });
        var steps = 0;
        using var module = new LineModule { AtStep = (_, _) => { if (++steps == 2) { given.Set(); } } };
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()));

        var result = trainer.Fit(module, prefetched ? data.Prefetch() : data, cancellationToken: cancellation.Token);

        Assert.AreEqual((FitStatus.Cancelled, 2L), (result.Status, result.GlobalStep));
    }

    [TestMethod]
    public void Validate_CancelledWhileWorkersLoad_DoesNotWaitForThem()
    {
        using var cancellation = new CancellationTokenSource();
        using var given = new ManualResetEventSlim();
        Tensor Load(GetItemArguments item)
        {
            if (item.Index == 1)
            {
                given.Wait(item.CancellationToken);
                cancellation.Cancel();
                item.CancellationToken.WaitHandle.WaitOne();
                item.CancellationToken.ThrowIfCancellationRequested();
            }

            return ones(4);
        }

        using var module = new LineModule { AtValidation = (_, _) => given.Set() };
        var data = DataSource.From(Dataset.Create(3, Load), new() { BatchSize = 1, Workers = 1 });
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()));

        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Validate(module, data, cancellationToken: cancellation.Token));
    }

    [TestMethod]
    public void Fit_CancelledByTheHookOfTheEpochsStart_CallsItOnceInAll()
    {
        var storage = new InMemoryCheckpointIO();
        using var cancellation = new CancellationTokenSource();
        var (starts, seen) = (new List<string>(), 0);
        RecordingCallback Watch(Action atStart) => new(starts)
        {
            OnHook = hook =>
            {
                if (hook == "OnTrainEpochStart" && ++seen == 2)
                {
                    atStart();
                }
            },
        };
        using var module = new LineModule();
        var options = new TrainerOptions { MaxEpochs = 3 };

        var saving = new SavingCheckpoint { OnInterruption = true };
        new Trainer(new SingleDeviceStrategy(storage), options, [Watch(cancellation.Cancel), saving])
            .Fit(module, new Data(2), cancellationToken: cancellation.Token);
        new Trainer(new SingleDeviceStrategy(storage), options, [Watch(() => { }), new SavingCheckpoint()])
            .Fit(module, new Data(2), checkpointPath: "stopped.ckpt");

        Assert.AreEqual(3, starts.Count(hook => hook == "callback.OnTrainEpochStart"));
    }

    private static FitResult Fit(
        Data data, InMemoryCheckpointIO storage, string? resumeFrom, out List<float> weights, CancellationToken token)
    {
        manual_seed(9);
        using var module = new LineModule
        {
            Loss = (module, batch) => nn.functional.dropout(module.Line.call(batch), 0.5, training: true).pow(2).mean(),
        };
        var saving = new SavingCheckpoint { OnInterruption = true };
        var result = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [saving])
            .Fit(module, data, checkpointPath: resumeFrom, cancellationToken: token);
        weights = [.. module.Line.weight!.data<float>()];
        return result;
    }

    /// <summary>Batches that draw from the generator of the training, counted over all epochs.</summary>
    private sealed class Data(int batches) : IEnumerable<Tensor>
    {
        public int Loaded { get; private set; }

        public Dictionary<int, Action> AtBatch { get; } = [];

        public IEnumerator<Tensor> GetEnumerator()
        {
            for (var index = 0; index < batches; index++)
            {
                Loaded++;
                AtBatch.GetValueOrDefault(Loaded)?.Invoke();
                yield return rand(2, 4);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
