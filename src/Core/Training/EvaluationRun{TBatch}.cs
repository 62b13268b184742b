using Fulgurite.Callbacks;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>A validation, test or prediction run from set-up to tear-down, including failures.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class EvaluationRun<TBatch>(Trainer trainer, TrainingModule<TBatch> module, EvaluationLoop<TBatch> loop, ILogger logger)
{
    public IReadOnlyDictionary<string, double> Execute(string? checkpointPath, CancellationToken cancellation)
    {
        trainer.Run.WithinAPass(cancellation).ThrowIfCancellationRequested();
        var failure = new RunFailure(trainer, module, logger);
        IReadOnlyDictionary<string, double> metrics;
        try
        {
            trainer.Run.Hooks.Call(new SetUpArguments(trainer, module, trainer.Stage));
            if (checkpointPath is null)
            {
                SetUp();
            }
            else
            {
                trainer.Run.Checkpoints.LoadForEvaluation(module, checkpointPath, SetUp);
            }

            metrics = loop.Run(cancellation: cancellation);
            trainer.Run.Checkpoints.Drain(module);
        }
        catch (Exception thrown)
        {
            var exception = DisposedTensors.Explain(thrown, module);
            failure.End(exception, exception is OperationCanceledException && cancellation.IsCancellationRequested);
            failure.TearDown();
            if (!ReferenceEquals(exception, thrown))
            {
                throw exception;
            }

            throw;
        }

        trainer.Run.Hooks.CallAll(new TearDownArguments(trainer, module, trainer.Stage));
        return metrics;
    }

    private void SetUp() => trainer.Strategy.SetUp(module, trainer.Run.Options.Precision);
}
