using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fulgurite;

/// <summary>
/// Reports the metrics and activities of one run. Without listeners, a batch costs a few flag checks. Used on the training thread.
/// </summary>
internal sealed class RunInstruments(Trainer trainer, TrainingModule? module)
{
    private readonly KeyValuePair<string, object?>[] _tags = Tags(trainer, module);
    private readonly TimeProvider _time = trainer.Time;
    private TimeSpan _stepTime;
    private TimeSpan _rateTime;
    private long _rateBatches;

    /// <summary>Gets whether metrics have a listener.</summary>
    public bool HearsMetrics { get; } = TrainingInstruments.Metric.Enabled && trainer.Strategy.Collectives.IsRankZero;

    private static bool HearsBatches =>
        TrainingInstruments.BatchDuration.Enabled || TrainingInstruments.StepDuration.Enabled || TrainingInstruments.BatchRate.Enabled
        || TrainingInstruments.Batches.Enabled || TrainingInstruments.Loss.Enabled;

    /// <summary>Starts the activity of a fit. Set its outcome and dispose it at the end of the fit.</summary>
    public Span BeginFit() => new(this, "training.fit");

    /// <summary>Starts the activity of an epoch.</summary>
    public Activity? BeginEpoch()
    {
        var activity = Start("training.epoch");
        activity?.SetTag("training.epoch", trainer.CurrentEpoch);
        return activity;
    }

    /// <summary>Starts the activity of a validation within a fit.</summary>
    public Timed BeginValidation() => new(this, _time.GetTimestamp(), Start("training.validation"));

    /// <summary>Starts the timing of a batch.</summary>
    /// <returns>The timestamp for <see cref="EndBatch"/>; null without listeners.</returns>
    public long? BeginBatch() => HearsBatches ? _time.GetTimestamp() : null;

    /// <summary>Ends the timing of a batch, and of its step if it was the last batch of one.</summary>
    public void EndBatch(long? start, StepLoss? loss, bool stepped)
    {
        if (start is not { } began)
        {
            return;
        }

        var time = _time.GetElapsedTime(began);
        _stepTime += time;
        _rateTime += time;
        _rateBatches++;
        TrainingInstruments.BatchDuration.Record(time.TotalSeconds, _tags);
        TrainingInstruments.Batches.Add(1, _tags);
        if (!stepped)
        {
            return;
        }

        TrainingInstruments.StepDuration.Record(_stepTime.TotalSeconds, _tags);
        _stepTime = TimeSpan.Zero;

        // No more often than for loggers: reading it synchronizes with an asynchronous device.
        if (loss is not null && TrainingInstruments.Loss.Enabled && trainer.GlobalStep % trainer.Run.Options.LogEveryNSteps == 0)
        {
            TrainingInstruments.Loss.Record(loss.Value, _tags);
        }

        if (_rateBatches >= trainer.Run.Options.LogEveryNSteps && _rateTime > TimeSpan.Zero)
        {
            TrainingInstruments.BatchRate.Record(_rateBatches / _rateTime.TotalSeconds, _tags);
            (_rateBatches, _rateTime) = (0, TimeSpan.Zero);
        }
    }

    /// <summary>Counts an optimizer step.</summary>
    public void CountStep()
    {
        TrainingInstruments.Steps.Add(1, _tags);
        TrainingInstruments.Step.Record(trainer.GlobalStep, _tags);
    }

    /// <summary>Reports the position of the run: at its start, which may be a resume, and after each epoch.</summary>
    public void TellPosition()
    {
        TrainingInstruments.Step.Record(trainer.GlobalStep, _tags);
        TrainingInstruments.Epoch.Record(trainer.CurrentEpoch, _tags);
    }

    /// <summary>Reports the metrics that loggers receive.</summary>
    public void Tell(IReadOnlyDictionary<string, double> metrics)
    {
        if (!HearsMetrics)
        {
            return;
        }

        foreach (var (name, value) in metrics)
        {
            TrainingInstruments.Metric.Record(value, [new("training.metric.name", name), .. _tags]);
        }
    }

    private static KeyValuePair<string, object?>[] Tags(Trainer trainer, TrainingModule? module) =>
        trainer.Name.Length == 0
            ? [new("training.module", module?.GetType().Name)]
            : [new("training.module", module?.GetType().Name), new("training.trainer", trainer.Name)];

    private Activity? Start(string name)
    {
        if (!TrainingInstruments.Activities.HasListeners())
        {
            return null;
        }

        return TrainingInstruments.Activities.StartActivity(name, ActivityKind.Internal, parentContext: default, _tags!);
    }

    /// <summary>A validation that is being timed.</summary>
    public readonly struct Timed(RunInstruments run, long start, Activity? activity) : IDisposable
    {
        public void Dispose()
        {
            activity?.Dispose();
            TrainingInstruments.ValidationDuration.Record(run._time.GetElapsedTime(start).TotalSeconds, run._tags);
        }
    }

    /// <summary>A fit in progress.</summary>
    public sealed class Span : IDisposable
    {
        private const string Failure = "failed";

        private readonly RunInstruments _run;
        private readonly Activity? _activity;
        private readonly bool _counted = TrainingInstruments.ActiveFits.Enabled;
        private string _outcome = Failure;
        private string? _reason;

        public Span(RunInstruments run, string name)
        {
            _run = run;
            _activity = run.Start(name);
            if (_counted)
            {
                TrainingInstruments.ActiveFits.Add(1, run._tags);
            }
        }

        public void Ended(FitStatus status) => _outcome = status switch
        {
            FitStatus.Completed => "completed",
            FitStatus.Stopped => "stopped",
            _ => "cancelled",
        };

        public void Failed(Exception exception)
        {
            _reason = exception.Message;
            _activity?.SetTag("error.type", exception.GetType().FullName);
        }

        public void Dispose()
        {
            if (_outcome == Failure)
            {
                _activity?.SetStatus(ActivityStatusCode.Error, _reason);
            }

            _activity?.SetTag("training.fit.outcome", _outcome);
            _activity?.Dispose();
            TrainingInstruments.Fits.Add(1, [new("training.fit.outcome", _outcome), .. _run._tags]);
            if (_counted)
            {
                TrainingInstruments.ActiveFits.Add(-1, _run._tags);
            }
        }
    }
}

/// <summary>
/// The instruments of the meter and activity source <c>Fulgurite</c> for training, shared by all trainers in the process.
/// </summary>
internal static class TrainingInstruments
{
    public static readonly ActivitySource Activities = new("Fulgurite");

    private static readonly Meter Meter = new("Fulgurite");
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    };

    public static readonly Histogram<double> BatchDuration = Meter.CreateHistogram(
        "training.batch.duration", "s", "The duration of a training batch, including loading it.", tags: null, Seconds);
    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram(
        "training.step.duration", "s", "The total duration of the batches of an optimizer step.", tags: null, Seconds);
    public static readonly Histogram<double> ValidationDuration = Meter.CreateHistogram(
        "training.validation.duration", "s", "The duration of a validation during a fit.", tags: null, Seconds);
    public static readonly Counter<long> Batches = Meter.CreateCounter<long>("training.batches", "{batch}", "Training batches.");
    public static readonly Counter<long> Steps = Meter.CreateCounter<long>("training.steps", "{step}", "Optimizer steps.");
    public static readonly Counter<long> Fits = Meter.CreateCounter<long>("training.fits", "{fit}", "Fits by how they ended.");
    public static readonly UpDownCounter<long> ActiveFits = Meter.CreateUpDownCounter<long>(
        "training.fits.active", "{fit}", "Fits that are under way.");
    public static readonly Gauge<long> Step = Meter.CreateGauge<long>(
        "training.step", "{step}", "Optimizer steps done in the run, resumed ones counted.");
    public static readonly Gauge<long> Epoch = Meter.CreateGauge<long>(
        "training.epoch", "{epoch}", "Epochs completed in the run, resumed ones counted.");
    public static readonly Gauge<double> BatchRate = Meter.CreateGauge<double>(
        "training.batch.rate", "{batch}/s", "Training batches a second, without validations, over the last LogEveryNSteps steps.");
    public static readonly Gauge<double> Loss = Meter.CreateGauge<double>(
        "training.loss", unit: null, "The loss of the newest batch, every LogEveryNSteps steps.");
    public static readonly Gauge<double> Metric = Meter.CreateGauge<double>(
        "training.metric", unit: null, "A metric that was logged, as loggers get it.");
}
