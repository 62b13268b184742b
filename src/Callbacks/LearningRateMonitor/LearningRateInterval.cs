namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="LearningRateMonitor"/> looks at the optimizers.</summary>
public enum LearningRateInterval
{
    /// <summary>Before the step, every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
    Step,

    /// <summary>At the start of every epoch.</summary>
    Epoch,
}
