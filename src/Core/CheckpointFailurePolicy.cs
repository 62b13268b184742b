namespace Fulgurite;

/// <summary>What a checkpoint that could not be saved does to the run. It is logged and told to callbacks in every case.</summary>
public enum CheckpointFailurePolicy
{
    /// <summary>Training goes on; at its end the fit throws.</summary>
    FailAtEnd,

    /// <summary>The fit throws at the next step boundary.</summary>
    Stop,

    /// <summary>Training goes on and the fit succeeds.</summary>
    Continue,
}
