using Fulgurite.Callbacks;

namespace Fulgurite;

/// <summary>Adds a <see cref="BestInMemoryCheckpoint"/> to a trainer.</summary>
public static class BestInMemoryBuilderExtensions
{
    /// <summary>Adds a callback that keeps the best state in memory and writes it at the end.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddBestInMemoryCheckpoint(this ITrainerBuilder builder, Action<BestInMemoryOptions>? configure = null) =>
        builder.AddCallback<BestInMemoryCheckpoint, BestInMemoryOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that keeps the best state in memory and writes it at the end.</summary>
    /// <typeparam name="TCallback"><see cref="BestInMemoryCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BestInMemoryOptions> configure)
        where TCallback : Callback, IConfigurable<BestInMemoryOptions> =>
        builder.AddCallback<TCallback, BestInMemoryOptions>(configure);
}

/// <summary>Adds a <see cref="DeviceStatsMonitor"/> to a trainer.</summary>
public static class DeviceStatsMonitorBuilderExtensions
{
    /// <summary>Adds a callback that logs the resources of the process.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddDeviceStatsMonitor(
        this ITrainerBuilder builder, Action<DeviceStatsMonitorOptions>? configure = null) =>
        builder.AddCallback<DeviceStatsMonitor, DeviceStatsMonitorOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that logs the resources of the process.</summary>
    /// <typeparam name="TCallback"><see cref="DeviceStatsMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<DeviceStatsMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<DeviceStatsMonitorOptions> =>
        builder.AddCallback<TCallback, DeviceStatsMonitorOptions>(configure);
}

/// <summary>Adds an <see cref="EarlyStopping"/> to a trainer.</summary>
public static class EarlyStoppingBuilderExtensions
{
    /// <summary>Adds a callback that stops a run when a metric no longer improves.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddEarlyStopping(this ITrainerBuilder builder, Action<EarlyStoppingOptions>? configure = null) =>
        builder.AddCallback<EarlyStopping, EarlyStoppingOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that stops a run when a metric no longer improves.</summary>
    /// <typeparam name="TCallback"><see cref="EarlyStopping"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<EarlyStoppingOptions> configure)
        where TCallback : Callback, IConfigurable<EarlyStoppingOptions> =>
        builder.AddCallback<TCallback, EarlyStoppingOptions>(configure);
}

/// <summary>Adds an <see cref="ExponentialMovingAverage"/> to a trainer.</summary>
public static class ExponentialMovingAverageBuilderExtensions
{
    /// <summary>Adds a callback that keeps an exponential moving average of the weights.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddExponentialMovingAverage(
        this ITrainerBuilder builder, Action<ExponentialMovingAverageOptions>? configure = null) =>
        builder.AddCallback<ExponentialMovingAverage, ExponentialMovingAverageOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that keeps an exponential moving average of the weights.</summary>
    /// <typeparam name="TCallback"><see cref="ExponentialMovingAverage"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ExponentialMovingAverageOptions> configure)
        where TCallback : Callback, IConfigurable<ExponentialMovingAverageOptions> =>
        builder.AddCallback<TCallback, ExponentialMovingAverageOptions>(configure);
}

/// <summary>Adds a <see cref="BackboneFinetuning"/> to a trainer.</summary>
public static class BackboneFinetuningBuilderExtensions
{
    /// <summary>Adds a callback that freezes one submodule for some epochs, then trains it too.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddBackboneFinetuning(
        this ITrainerBuilder builder, Action<BackboneFinetuningOptions>? configure = null) =>
        builder.AddCallback<BackboneFinetuning, BackboneFinetuningOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that freezes one submodule for some epochs, then trains it too.</summary>
    /// <typeparam name="TCallback"><see cref="BackboneFinetuning"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BackboneFinetuningOptions> configure)
        where TCallback : Callback, IConfigurable<BackboneFinetuningOptions> =>
        builder.AddCallback<TCallback, BackboneFinetuningOptions>(configure);
}

/// <summary>Adds a <see cref="GradientAccumulationScheduler"/> to a trainer.</summary>
public static class GradientAccumulationSchedulerBuilderExtensions
{
    /// <summary>Adds a callback that changes the number of batches per optimizer step at given epochs.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddGradientAccumulationScheduler(
        this ITrainerBuilder builder, Action<GradientAccumulationSchedulerOptions>? configure = null) =>
        builder.AddCallback<GradientAccumulationScheduler, GradientAccumulationSchedulerOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that changes the number of batches per optimizer step at given epochs.</summary>
    /// <typeparam name="TCallback"><see cref="GradientAccumulationScheduler"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(
        this ITrainerBuilder builder, Action<GradientAccumulationSchedulerOptions> configure)
        where TCallback : Callback, IConfigurable<GradientAccumulationSchedulerOptions> =>
        builder.AddCallback<TCallback, GradientAccumulationSchedulerOptions>(configure);
}

/// <summary>Adds a <see cref="LearningRateMonitor"/> to a trainer.</summary>
public static class LearningRateMonitorBuilderExtensions
{
    /// <summary>Adds a callback that logs learning rates.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddLearningRateMonitor(
        this ITrainerBuilder builder, Action<LearningRateMonitorOptions>? configure = null) =>
        builder.AddCallback<LearningRateMonitor, LearningRateMonitorOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that logs learning rates.</summary>
    /// <typeparam name="TCallback"><see cref="LearningRateMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<LearningRateMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<LearningRateMonitorOptions> =>
        builder.AddCallback<TCallback, LearningRateMonitorOptions>(configure);
}

/// <summary>Adds a <see cref="ModelCheckpoint"/> to a trainer.</summary>
public static class ModelCheckpointBuilderExtensions
{
    /// <summary>Adds a callback that keeps the best checkpoints by a metric, and the newest one.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddModelCheckpoint(this ITrainerBuilder builder, Action<ModelCheckpointOptions>? configure = null) =>
        builder.AddCallback<ModelCheckpoint, ModelCheckpointOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that keeps the best checkpoints by a metric, and the newest one.</summary>
    /// <typeparam name="TCallback"><see cref="ModelCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ModelCheckpointOptions> configure)
        where TCallback : Callback, IConfigurable<ModelCheckpointOptions> =>
        builder.AddCallback<TCallback, ModelCheckpointOptions>(configure);
}

/// <summary>Adds a <see cref="ModelSummary"/> to a trainer.</summary>
public static class ModelSummaryBuilderExtensions
{
    /// <summary>Adds a callback that shows the submodules with their parameters when a fit begins.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddModelSummary(this ITrainerBuilder builder, Action<ModelSummaryOptions>? configure = null) =>
        builder.AddCallback<ModelSummary, ModelSummaryOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that shows the submodules with their parameters when a fit begins.</summary>
    /// <typeparam name="TCallback"><see cref="ModelSummary"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ModelSummaryOptions> configure)
        where TCallback : Callback, IConfigurable<ModelSummaryOptions> =>
        builder.AddCallback<TCallback, ModelSummaryOptions>(configure);
}

/// <summary>Adds an <see cref="OnExceptionCheckpoint"/> to a trainer.</summary>
public static class OnExceptionBuilderExtensions
{
    /// <summary>Adds a callback that saves a run that ends early.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddOnExceptionCheckpoint(this ITrainerBuilder builder, Action<OnExceptionOptions>? configure = null) =>
        builder.AddCallback<OnExceptionCheckpoint, OnExceptionOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that saves a run that ends early.</summary>
    /// <typeparam name="TCallback"><see cref="OnExceptionCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<OnExceptionOptions> configure)
        where TCallback : Callback, IConfigurable<OnExceptionOptions> =>
        builder.AddCallback<TCallback, OnExceptionOptions>(configure);
}

/// <summary>Adds a <see cref="ProgressView"/> to a trainer.</summary>
public static class ProgressViewBuilderExtensions
{
    /// <summary>Adds a callback that shows runs on the terminal of the process.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddProgressView(this ITrainerBuilder builder, Action<ProgressViewOptions>? configure = null) =>
        builder.AddCallback<ProgressView, ProgressViewOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that shows runs on the terminal of the process.</summary>
    /// <typeparam name="TCallback"><see cref="ProgressView"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ProgressViewOptions> configure)
        where TCallback : Callback, IConfigurable<ProgressViewOptions> =>
        builder.AddCallback<TCallback, ProgressViewOptions>(configure);
}

/// <summary>Adds a <see cref="Rollback"/> to a trainer.</summary>
public static class RollbackBuilderExtensions
{
    /// <summary>Adds a callback that restores a snapshot in memory if the loss is NaN or a spike.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddRollback(this ITrainerBuilder builder, Action<RollbackOptions>? configure = null) =>
        builder.AddCallback<Rollback, RollbackOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that restores a snapshot in memory if the loss is NaN or a spike.</summary>
    /// <typeparam name="TCallback"><see cref="Rollback"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<RollbackOptions> configure)
        where TCallback : Callback, IConfigurable<RollbackOptions> =>
        builder.AddCallback<TCallback, RollbackOptions>(configure);
}

/// <summary>Adds a <see cref="StochasticWeightAveraging"/> to a trainer.</summary>
public static class StochasticWeightAveragingBuilderExtensions
{
    /// <summary>Adds a callback that averages the weights of the last epochs.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddStochasticWeightAveraging(
        this ITrainerBuilder builder, Action<StochasticWeightAveragingOptions>? configure = null) =>
        builder.AddCallback<StochasticWeightAveraging, StochasticWeightAveragingOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that averages the weights of the last epochs.</summary>
    /// <typeparam name="TCallback"><see cref="StochasticWeightAveraging"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<StochasticWeightAveragingOptions> configure)
        where TCallback : Callback, IConfigurable<StochasticWeightAveragingOptions> =>
        builder.AddCallback<TCallback, StochasticWeightAveragingOptions>(configure);
}

/// <summary>Adds a <see cref="ThroughputMonitor"/> to a trainer.</summary>
public static class ThroughputMonitorBuilderExtensions
{
    /// <summary>Adds a callback that logs the speed of training.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddThroughputMonitor(this ITrainerBuilder builder, Action<ThroughputMonitorOptions>? configure = null) =>
        builder.AddCallback<ThroughputMonitor, ThroughputMonitorOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that logs the speed of training.</summary>
    /// <typeparam name="TCallback"><see cref="ThroughputMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ThroughputMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<ThroughputMonitorOptions> =>
        builder.AddCallback<TCallback, ThroughputMonitorOptions>(configure);
}

/// <summary>Adds a <see cref="TrainingTimer"/> to a trainer.</summary>
public static class TrainingTimerBuilderExtensions
{
    /// <summary>Adds a callback that stops a run after a time.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddTrainingTimer(this ITrainerBuilder builder, Action<TrainingTimerOptions>? configure = null) =>
        builder.AddCallback<TrainingTimer, TrainingTimerOptions>(configure ?? (_ => { }));

    /// <summary>Adds a callback that stops a run after a time.</summary>
    /// <typeparam name="TCallback"><see cref="TrainingTimer"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<TrainingTimerOptions> configure)
        where TCallback : Callback, IConfigurable<TrainingTimerOptions> =>
        builder.AddCallback<TCallback, TrainingTimerOptions>(configure);
}
