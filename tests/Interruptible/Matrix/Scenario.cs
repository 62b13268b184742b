namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>A training with a choice for everything that a checkpoint has to keep, and a seeded moment at which it is stopped.</summary>
internal sealed record Scenario
{
    public const int BatchesPerEpoch = 10;
    public const int StepsAfter = 100;
    private const int Window = 3;

    private Scenario(long number, int[] levels)
    {
        (Number, Levels) = (number, levels);
        (Stop, Validation, Averaging, Clipping) = (
            (StopKind)levels[0], (ValidationKind)levels[1], (AveragingKind)levels[2], (ClippingKind)levels[3]);
        Scheduler = ScenarioScheduler.All[levels[4]];
        (Shuffle, Dropout, Norm, Accumulate) = (levels[5] == 1, levels[6] == 1, levels[7] == 1, levels[8] == 1 ? Window : 1);
        (Adam, Workers, EarlyStopping, SeveralOptimizers) = (levels[9] == 1, levels[10] == 1 ? 2 : 0, levels[11] == 1, levels[12] == 1);
        (Rollback, Manual, Background) = (levels[13] == 1, levels[14] == 1, levels[15] == 1);
        var random = new Random(unchecked((int)(number * 7919)));
        var places = PossiblePlaces().ToList();
        (StopBatch, Place) = (random.Next(1, 6 * BatchesPerEpoch), places[random.Next(places.Count)]);
    }

    /// <summary>How many choices there are for each part.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [3, 3, 3, 3, ScenarioScheduler.All.Count, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2];

    /// <summary>How many scenarios there are.</summary>
    public static long Count { get; } = Sizes.Aggregate(1L, (product, size) => product * size);

    public long Number { get; }

    public IReadOnlyList<int> Levels { get; }

    public StopKind Stop { get; }

    public StopPlace Place { get; }

    /// <summary>How many batches are used, or begun, when it stops.</summary>
    public int StopBatch { get; }

    public ValidationKind Validation { get; }

    public AveragingKind Averaging { get; }

    public ClippingKind Clipping { get; }

    public ScenarioScheduler Scheduler { get; }

    public bool Shuffle { get; }

    public bool Dropout { get; }

    public bool Norm { get; }

    public int Accumulate { get; }

    public bool Adam { get; }

    public int Workers { get; }

    public bool EarlyStopping { get; }

    public bool SeveralOptimizers { get; }

    public bool Rollback { get; }

    public bool Manual { get; }

    public bool Background { get; }

    /// <summary>
    /// Whether the state at the moment of the exception is saved. What a step has done so far when it fails is part of no state, so that
    /// a run which fails there goes on from its checkpoint before, as a killed one does.
    /// </summary>
    public bool SavesOnException => Place == StopPlace.BatchStart;

    /// <summary>The optimizer step at which the run ends, if early stopping does not end it: a hundred after the stop.</summary>
    public long MaxSteps => StepsAt(StopBatch) + (StepsAfter * StepsAtOnce);

    /// <summary>The epoch that early stopping lets the run reach, at least a hundred steps after the stop.</summary>
    public int LastEpoch => ((StopBatch + (StepsAfter * Accumulate)) / BatchesPerEpoch) + 1;

    private int StepsAtOnce => Manual && SeveralOptimizers ? 2 : 1;

    public static Scenario Of(long number)
    {
        var levels = new int[Sizes.Count];
        var rest = number;
        for (var part = 0; part < levels.Length; part++)
        {
            levels[part] = (int)(rest % Sizes[part]);
            rest /= Sizes[part];
        }

        return new Scenario(number, levels);
    }

    public static Scenario Of(int[] levels)
    {
        var number = 0L;
        for (var part = levels.Length - 1; part >= 0; part--)
        {
            number = (number * Sizes[part]) + levels[part];
        }

        return new Scenario(number, levels);
    }

    /// <summary>
    /// Whether a batch spoils the loss. Snapshots to go back to are in memory alone, so that none lies between the one that a resumed run
    /// begins with and the next that it takes.
    /// </summary>
    public bool IsBad(int epoch, int batch) =>
        Rollback && batch == 4 && epoch % 3 == 1 && (epoch - (StopBatch / BatchesPerEpoch)) is < -2 or > 1;

    public override string ToString() =>
        $"{Number}: {Stop} at {Place} of batch {StopBatch}, validation {Validation}, averaging {Averaging}, clipping {Clipping}, "
        + $"scheduler {Scheduler.Name}, {(Adam ? "Adam" : "momentum")}"
        + string.Concat(new[]
        {
            (Shuffle, "shuffling"), (Dropout, "dropout"), (Norm, "batch norm"), (Accumulate > 1, "accumulation"), (Workers > 0, "workers"),
            (EarlyStopping, "early stopping"), (SeveralOptimizers, "two optimizers"),
            (Rollback, "rollback"), (Manual, "manual"), (Background, "background"),
        }.Where(part => part.Item1).Select(part => $", {part.Item2}"));

    private IEnumerable<StopPlace> PossiblePlaces()
    {
        yield return StopPlace.BatchStart;
        yield return StopPlace.TrainingStep;
        yield return Stop == StopKind.Exception ? StopPlace.BeforeOptimizerStep : StopPlace.BatchEnd;
        if (Stop != StopKind.Exception && Validation != ValidationKind.None)
        {
            yield return StopPlace.Validation;
        }
    }

    private long StepsAt(int batch)
    {
        var perEpoch = (BatchesPerEpoch + Accumulate - 1) / Accumulate;
        return StepsAtOnce * (((long)(batch / BatchesPerEpoch) * perEpoch) + (batch % BatchesPerEpoch / Accumulate));
    }
}
