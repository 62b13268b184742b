namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="LearningRateMonitor"/>.</summary>
public sealed class LearningRateMonitorOptions
{
    /// <summary>Gets or sets the interval: steps, epochs, or null for both.</summary>
    /// <value>The default is null.</value>
    public LearningRateInterval? Interval { get; set; }

    /// <summary>Gets or sets a value indicating whether momentum is logged: <c>momentum</c>, or the first of <c>betas</c>.</summary>
    /// <value>The default is false.</value>
    public bool LogMomentum { get; set; }

    /// <summary>Gets or sets a value indicating whether weight decay is logged.</summary>
    /// <value>The default is false.</value>
    public bool LogWeightDecay { get; set; }

    /// <summary>Gets or sets the prefix of every name.</summary>
    /// <value>The default is empty.</value>
    public string Prefix { get; set; } = string.Empty;
}

/// <summary>The time at which a <see cref="LearningRateMonitor"/> logs.</summary>
public enum LearningRateInterval
{
    /// <summary>Before the step, every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
    Step,

    /// <summary>At the start of every epoch.</summary>
    Epoch,
}
