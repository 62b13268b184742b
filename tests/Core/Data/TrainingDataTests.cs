using System.Collections;

namespace Fulgurite.Tests.Core.Data;

/// <summary>Training data seen by a trainer: resume, ends and leaks.</summary>
[TestClass]
public sealed class TrainingDataTests
{
    public static IEnumerable<(int Workers, int StopAfter)> Stops =>
        from workers in new[] { 0, 3 }
        from stop in new[] { 1, 5, 8, 11 }
        select (workers, stop);

    [TestMethod]
    [DynamicData(nameof(Stops))]
    public void Fit_ShuffledAndAugmentedSourceStoppedAndResumed_EqualsARunNeverStopped(int workers, int stopAfter)
    {
        // The whole run reads without workers, the resumed one with them: nothing may depend on that.
        var whole = Run(Augmented(0), new InMemoryCheckpointIO());
        var storage = new InMemoryCheckpointIO();
        var first = Run(Augmented(workers), storage, stopAfter);
        var second = Run(Augmented(workers), storage, resumeFrom: "stopped.ckpt");

        Assert.AreEqual(FitStatus.Cancelled, first.Result.Status);
        Assert.HasCount(16, whole.Losses);
        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreSequenceEqual(whole.Weights, second.Weights);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    [TestProperty("Behaviour", "LP17")]
    public void Fit_StatefulStreamStoppedAndResumed_GoesOnWhereItWas(bool prefetched)
    {
        IEnumerable<(Tensor, Tensor)> Data(StatefulStream stream) => prefetched ? stream.Prefetch(3) : stream;
        var whole = Run(Data(new StatefulStream()), new InMemoryCheckpointIO());
        var storage = new InMemoryCheckpointIO();
        var first = Run(Data(new StatefulStream()), storage, stopAfter: 5);
        var log = new CollectingLogger(LogLevel.Warning);
        var stream = new StatefulStream();
        var second = Run(Data(stream), storage, resumeFrom: "stopped.ckpt", log: log);

        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreEqual(5, storage["stopped.ckpt"].Find("fulgurite.data.place")!.AsInteger());
        Assert.AreEqual(5, stream.FirstPlace, "nothing was read again");
        Assert.IsFalse(log.Messages.Any(message => message.Contains("has no position", StringComparison.Ordinal)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS13")]
    [TestProperty("Behaviour", "LP18")]
    [TestProperty("Behaviour", "LP21")]
    public void Fit_PlainEnumerableResumedWithinAnEpoch_SaysThatItIsReadAgainAndEnumeratesOnce()
    {
        var data = new CountedEnumerations();
        var storage = new InMemoryCheckpointIO();
        Run(data, storage, stopAfter: 5);
        data.Enumerations = 0;
        var log = new CollectingLogger(LogLevel.Warning);

        Run(data, storage, resumeFrom: "stopped.ckpt", log: log);

        Assert.AreEqual(2, data.Enumerations, "one for each of the two epochs");
        Assert.ContainsSingle(
            message => message.StartsWith("CountedEnumerations has no position: 5 used batches of epoch 0", StringComparison.Ordinal),
            log.Messages);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS13")]
    public void Fit_ResumedBetweenEpochs_SaysNothing()
    {
        var data = new CountedEnumerations();
        var storage = new InMemoryCheckpointIO();
        var log = new CollectingLogger(LogLevel.Warning);
        Run(data, storage, stopAfter: 11);

        Run(data, storage, resumeFrom: "epoch.ckpt", log: log);

        Assert.IsFalse(log.Messages.Any(message => message.Contains("has no position", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_ResumedWithFewerBatchesThanWereUsed_SaysSoAndGoesOnWithTheNextEpoch()
    {
        var storage = new InMemoryCheckpointIO();
        Run(Enumerable.Range(0, 8).Select(Batch).ToList(), storage, stopAfter: 5);
        var log = new CollectingLogger(LogLevel.Warning);

        var resumed = Run(Enumerable.Range(0, 3).Select(Batch).ToList(), storage, resumeFrom: "stopped.ckpt", log: log);

        Assert.ContainsSingle(
            message => message.StartsWith("The checkpoint was saved after 5 batches of epoch 0, but List", StringComparison.Ordinal),
            log.Messages);
        Assert.HasCount(3, resumed.Losses, "the second epoch, whole");
    }

    [TestMethod]
    [DataRow("end")]
    [DataRow("exception")]
    [DataRow("cancel")]
    [DataRow("limit")]
    [TestProperty("Behaviour", "LP15")]
    public void Fit_HoweverItEnds_NoWorkerAndNoTensorIsLeft(string end)
    {
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<Thread, bool>();
        var source = DataSource.From(
            Dataset.Create(48, arguments =>
            {
                threads[Thread.CurrentThread] = true;
                return (full(4, (float)arguments.Index), ones(1));
            }),
            new() { BatchSize = 6, Workers = 3 });
        CancellationTokenSource? cancellation = null;
        using var module = new SmallModule();
        var callback = new RecordingCallback([])
        {
            OnHook = hook =>
            {
                if (hook == "OnTrainBatchStart" && module.Losses.Count == 3)
                {
                    if (end == "exception")
                    {
                        throw new InvalidOperationException("Enough.");
                    }

                    if (end == "cancel")
                    {
                        cancellation!.Cancel();
                    }
                }
            },
        };
        var options = new TrainerOptions { MaxEpochs = 1, LimitTrainBatches = end == "limit" ? 2 : null };

        // Once before counting, so that what a process keeps for good is made.
        Fit();
        threads.Clear();
        module.Losses.Clear();
        var before = LiveTensors.Count();
        Fit();

        Assert.AreEqual(before, Tensor.TotalCount);
        Assert.IsNotEmpty(threads);
        Assert.IsTrue(threads.Keys.All(thread => !thread.IsAlive));

        void Fit()
        {
            using var anew = cancellation = new CancellationTokenSource();
            try
            {
                using var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, [callback]);
                trainer.Fit(module, source, cancellationToken: cancellation.Token);
            }
            catch (InvalidOperationException) when (end == "exception")
            {
            }

            foreach (var parameter in module.parameters())
            {
                parameter.grad = null;
            }
        }
    }

    [TestMethod]
    public void Fit_WorkerFails_TheExceptionReachesTheCallerWithTheItem()
    {
        var source = DataSource.From(
            Dataset.Create(
                48,
                (Tensor, Tensor) (arguments) => arguments.Index == 20 ? throw new InvalidDataException("Damaged.") : (rand(4), rand(1))),
            new() { BatchSize = 6, Workers = 2 });
        using var module = new SmallModule();

        var error = Assert.ThrowsExactly<DataSourceException>(() =>
            new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1 }).Fit(module, source));

        Assert.AreEqual(20, error.Item);
        Assert.HasCount(3, module.Losses);
    }

    private static DataSource<(Tensor, Tensor)> Augmented(int workers) => DataSource.From(
        Dataset.Create(48, arguments =>
        {
            var random = arguments.CreateRandom();
            var inputs = new float[4];
            for (var index = 0; index < 4; index++)
            {
                inputs[index] = (arguments.Index * 0.01f) + random.NextSingle();
            }

            return (tensor(inputs), tensor(new[] { inputs[0] - (2 * inputs[1]) }));
        }),
        new() { BatchSize = 6, Shuffle = true, Seed = 4, Workers = workers });

    private static Outcome Run(
        IEnumerable<(Tensor, Tensor)> data, InMemoryCheckpointIO storage, int? stopAfter = null, string? resumeFrom = null,
        ILoggerFactory? log = null)
    {
        manual_seed(11);
        using var interruption = new Interruption(stopAfter);
        using var module = new SmallModule();
        manual_seed(resumeFrom is null ? 12 : 13);
        var epochs = new SavingAtEpochEnd();
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [interruption.Saving, epochs], loggerFactory: log);
        var result = trainer.Fit(module, data, checkpointPath: resumeFrom, cancellationToken: interruption.Token);
        var weights = module.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(
            entry => entry.Value.to_type(ScalarType.Float64).data<double>().ToArray()).ToList();
        return new Outcome(result, module.Losses, weights);
    }

    private static (Tensor, Tensor) Batch(int number)
    {
        var random = new Random(number);
        var inputs = Enumerable.Range(0, 24).Select(_ => random.NextSingle()).ToArray();
        return (tensor(inputs, 6, 4), tensor(inputs[..6], 6, 1));
    }

    private sealed record Outcome(FitResult Result, List<double> Losses, List<double> Weights);

    private sealed class SavingAtEpochEnd : Checkpoint
    {
        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) =>
            arguments.Trainer.SaveCheckpoint("epoch.ckpt");
    }

    private sealed class CountedEnumerations : IEnumerable<(Tensor, Tensor)>
    {
        public int Enumerations { get; set; }

        public IEnumerator<(Tensor, Tensor)> GetEnumerator()
        {
            Enumerations++;
            return Enumerable.Range(0, 8).Select(Batch).GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Eight batches an epoch of a stream that never gives one twice.</summary>
    private sealed class StatefulStream : IEnumerable<(Tensor, Tensor)>, IStatefulSource
    {
        private int _place;

        public int FirstPlace { get; private set; } = -1;

        public IEnumerator<(Tensor, Tensor)> GetEnumerator()
        {
            do
            {
                FirstPlace = FirstPlace < 0 ? _place : FirstPlace;
                yield return Batch(_place++);
            }
            while (_place % 8 != 0);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public StateMap StateDict() => new() { ["place"] = _place };

        public void LoadStateDict(StateMap state) => _place = (int)state["place"].AsInteger();
    }
}
