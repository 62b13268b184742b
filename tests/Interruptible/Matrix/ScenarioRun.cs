using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>A fit of a scenario: in one go, up to the stop, or from there.</summary>
internal sealed class ScenarioRun(Scenario scenario, CheckpointIO storage, string folder)
{
    private const int BatchSize = 4;
    private const int Features = ScenarioModule.Features;

    private ScenarioWatch? _watch;

    /// <summary>What the run showed on its way.</summary>
    public ScenarioWatch Watch => _watch ?? throw new InvalidOperationException("The run has not begun.");

    /// <summary>Runs to the end.</summary>
    /// <param name="resume">The checkpoint to go on from; null for a new run.</param>
    /// <param name="before">The run that was stopped, if this one goes on with it.</param>
    public FitResult Fit(string? resume = null, ScenarioRun? before = null)
    {
        _watch = new ScenarioWatch(scenario, null);
        if (before is not null)
        {
            _watch.GoOnFrom(before.Watch);
        }

        // A process that goes on has other random numbers and other initial weights; one that begins anew has the same.
        return Fit(resume, resume is null ? 41 : 42, CancellationToken.None);
    }

    /// <summary>Runs up to the moment of the scenario, where the process may be killed.</summary>
    /// <param name="kill">Ends it from outside; what it throws, if it returns at all, ends the fit.</param>
    public void FitAndStop(Action kill)
    {
        using var cancellation = new CancellationTokenSource();
        _watch = new ScenarioWatch(scenario, scenario.Stop switch
        {
            StopKind.Cancellation => cancellation.Cancel,
            StopKind.Kill => kill,
            _ => () => throw new ScenarioException(),
        });
        try
        {
            var result = Fit(null, 41, cancellation.Token);
            if (result.Status != FitStatus.Cancelled)
            {
                throw new InvalidOperationException(
                    $"The run was to be stopped and ended by itself, {result.Status} at step {result.GlobalStep}.");
            }
        }
        catch (ScenarioException)
        {
            // The end that was asked for.
        }
    }

    private FitResult Fit(string? resume, long seed, CancellationToken cancellation)
    {
        manual_seed(seed);
        using var module = new ScenarioModule(scenario)
        {
            AtTrainingStep = Watch.AtTrainingStep,
            AtValidationStep = Watch.AtValidationStep,
        };
        manual_seed(seed + 10);
        var (data, validation) = (Data(Scenario.BatchesPerEpoch, scenario.Shuffle), Data(2, shuffle: false));
        var trainer = new Trainer(new SingleDeviceStrategy(storage), Options(), [.. Callbacks()], [Watch]);
        return trainer.Fit(module, data, scenario.Validation == ValidationKind.None ? null : validation, resume, cancellation);
    }

    private TrainerOptions Options() => new()
    {
        MaxEpochs = scenario.EarlyStopping ? scenario.LastEpoch + 20 : null,
        MaxSteps = scenario.EarlyStopping ? null : scenario.MaxSteps,
        ValidationInterval = scenario.Validation == ValidationKind.MidEpoch ? 4 : null,
        AccumulateGradBatches = scenario.Manual ? 1 : scenario.Accumulate,
        GradientClipNorm = scenario is { Manual: false, Clipping: ClippingKind.Norm } ? 0.5 : null,
        GradientClipValue = scenario is { Manual: false, Clipping: ClippingKind.Value } ? 0.1 : null,
        LogEveryNSteps = 7,
    };

    private IEnumerable<Callback> Callbacks()
    {
        if (scenario.Rollback)
        {
            yield return new Rollback(new RollbackOptions { EveryNSteps = 3, MaxRollbacks = 1000 });
        }

        if (scenario.Averaging == AveragingKind.Exponential)
        {
            yield return new ExponentialMovingAverage(new ExponentialMovingAverageOptions { Decay = 0.9 });
        }

        if (scenario.Averaging == AveragingKind.Stochastic)
        {
            yield return new StochasticWeightAveraging(new StochasticWeightAveragingOptions
            {
                StartEpoch = 2,
                LearningRates = [0.005],
                AnnealingEpochs = 4,
                UpdateBatchNorm = !scenario.Manual,
            });
        }

        if (scenario.EarlyStopping)
        {
            yield return new EarlyStopping(new EarlyStoppingOptions { Monitor = "remaining", Patience = 2, CheckOnTrainEpochEnd = true });
        }

        yield return new ModelCheckpoint(new ModelCheckpointOptions
        {
            DirPath = folder,
            Monitor = scenario.Validation == ValidationKind.None ? "train_loss" : "val_loss",
            SaveTopK = 2,
            SaveLast = true,
            EveryNTrainSteps = 5,
            SaveOnException = scenario.SavesOnException,
        });
    }

    /// <summary>Batches as users make them of arrays: their memory is aligned to 8 bytes only, otherwise in every run.</summary>
    private DataSource<(Tensor Inputs, Tensor Targets)> Data(int batches, bool shuffle) => new(
        batches * BatchSize,
        arguments =>
        {
            var inputs = new float[arguments.Indices.Length * Features];
            var targets = new float[arguments.Indices.Length];
            foreach (var (row, item) in arguments.Indices.ToArray().Index())
            {
                for (var column = 0; column < Features; column++)
                {
                    targets[row] += inputs[(row * Features) + column] = 0.4f * MathF.Sin(0.7f * ((item * Features) + column));
                }
            }

            return (tensor(inputs, [targets.Length, Features]), tensor(targets, [targets.Length, 1]));
        },
        new() { BatchSize = BatchSize, Shuffle = shuffle, Seed = 5, Workers = scenario.Workers });
}
