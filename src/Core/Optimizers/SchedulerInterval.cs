namespace Fulgurite.Optimizers;

/// <summary>When the trainer steps a scheduler.</summary>
public enum SchedulerInterval
{
    /// <summary>Once an epoch, at its end.</summary>
    Epoch,

    /// <summary>After every optimizer step.</summary>
    Step,
}
