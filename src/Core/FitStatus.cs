namespace Fulgurite;

/// <summary>How a fit ended, when it did not throw.</summary>
public enum FitStatus
{
    /// <summary>A limit of the options was reached.</summary>
    Completed,

    /// <summary>A callback or the module asked to stop (<see cref="Trainer.RequestStop"/>).</summary>
    Stopped,

    /// <summary>The cancellation token asked to stop.</summary>
    Cancelled,
}
