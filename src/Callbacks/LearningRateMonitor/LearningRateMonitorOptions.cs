namespace Fulgurite.Callbacks;

/// <summary>Which numbers a <see cref="LearningRateMonitor"/> sends to the loggers, and when.</summary>
public sealed class LearningRateMonitorOptions
{
    /// <summary>When: with the steps, with the epochs, or null for both. Default: null.</summary>
    public LearningRateInterval? Interval { get; set; }

    /// <summary>Whether momentum is sent too: <c>momentum</c>, or the first of <c>betas</c>. Default: false.</summary>
    public bool LogMomentum { get; set; }

    /// <summary>Whether weight decay is sent too. Default: false.</summary>
    public bool LogWeightDecay { get; set; }

    /// <summary>What every name starts with. Default: nothing.</summary>
    public string Prefix { get; set; } = string.Empty;
}

/// <summary>When a <see cref="LearningRateMonitor"/> looks at the optimizers.</summary>
public enum LearningRateInterval
{
    /// <summary>Before the step, every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
    Step,

    /// <summary>At the start of every epoch.</summary>
    Epoch,
}
