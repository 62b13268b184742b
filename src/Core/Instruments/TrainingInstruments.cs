using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fulgurite.Instruments;

/// <summary>What the meter and the activity source named <c>Fulgurite</c> tell of training; those of the process, whoever trains.</summary>
internal static class TrainingInstruments
{
    public static readonly ActivitySource Activities = new("Fulgurite");

    private static readonly Meter Meter = new("Fulgurite");
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100] };

    public static readonly Histogram<double> BatchDuration = Meter.CreateHistogram("training.batch.duration", "s", "What a training batch took, getting it included.", tags: null, Seconds);
    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram("training.step.duration", "s", "What the batches of an optimizer step took together.", tags: null, Seconds);
    public static readonly Histogram<double> ValidationDuration = Meter.CreateHistogram("training.validation.duration", "s", "What a validation during a fit took.", tags: null, Seconds);
    public static readonly Counter<long> Batches = Meter.CreateCounter<long>("training.batches", "{batch}", "Training batches.");
    public static readonly Counter<long> Steps = Meter.CreateCounter<long>("training.steps", "{step}", "Optimizer steps.");
    public static readonly Counter<long> Fits = Meter.CreateCounter<long>("training.fits", "{fit}", "Fits by how they ended.");
    public static readonly UpDownCounter<long> ActiveFits = Meter.CreateUpDownCounter<long>("training.fits.active", "{fit}", "Fits that are under way.");
    public static readonly Gauge<long> Step = Meter.CreateGauge<long>("training.step", "{step}", "Optimizer steps done in the run, resumed ones counted.");
    public static readonly Gauge<long> Epoch = Meter.CreateGauge<long>("training.epoch", "{epoch}", "Epochs completed in the run, resumed ones counted.");
    public static readonly Gauge<double> BatchRate = Meter.CreateGauge<double>("training.batch.rate", "{batch}/s", "Training batches a second, without validations, over the last LogEveryNSteps steps.");
    public static readonly Gauge<double> Loss = Meter.CreateGauge<double>("training.loss", unit: null, "The loss of the newest batch, every LogEveryNSteps steps.");
    public static readonly Gauge<double> Metric = Meter.CreateGauge<double>("training.metric", unit: null, "A metric that was logged, as loggers get it.");
}
