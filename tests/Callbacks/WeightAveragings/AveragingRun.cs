using Fulgurite.Schedulers;

namespace Fulgurite.Tests.Callbacks.WeightAveragings;

/// <summary>A fit of a small module with an averaging callback, stopped or resumed as a test asks for.</summary>
internal sealed class AveragingRun
{
    public required HeldCheckpointIO Storage { get; init; }

    public required Func<Callback> Averaging { get; init; }

    public int Epochs { get; init; } = 6;

    public int? ValidationInterval { get; init; }

    public int? StopAfter { get; init; }

    public bool Fail { get; init; }

    public string? Resume { get; init; }

    public bool WithScheduler { get; init; }

    public int Accumulate { get; init; } = 1;

    public SavingCallback Saving { get; init; } = new();

    /// <summary>Runs it and returns the module, which the caller disposes.</summary>
    public NormModule Fit()
    {
        manual_seed(31);
        var module = new NormModule { Setup = WithScheduler ? Scheduled : null };
        manual_seed(Resume is null ? 32 : 33);
        using var cancellation = new CancellationTokenSource();
        var stopping = new LambdaCallback()
            .On<OnTrainBatchEndArguments>(_ =>
            {
                if (module.Losses.Count == StopAfter)
                {
                    if (Fail)
                    {
                        throw new InvalidDataException("crash");
                    }

                    cancellation.Cancel();
                }
            });
        using var trainer = new Trainer(
            new SingleDeviceStrategy(Storage),
            new TrainerOptions { MaxEpochs = Epochs, ValidationInterval = ValidationInterval, AccumulateGradBatches = Accumulate },
            [stopping, Averaging(), Saving]);
        try
        {
            trainer.Fit(module, new NumberedData(5), new NumberedData(2), Resume, cancellation.Token);
        }
        catch (InvalidDataException)
        {
            // The crash that the test asked for.
        }

        return module;
    }

    private static OptimizerSetup Scheduled(NormModule module)
    {
        var adam = optim.Adam(module.parameters(), 0.02);
        return new OptimizerSetup(adam, new SchedulerConfiguration(new StepLR(adam, stepSize: 2, gamma: 0.5)));
    }
}
