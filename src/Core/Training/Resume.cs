namespace Fulgurite;

/// <summary>Values for <c>checkpointPath</c> of a fit.</summary>
public static class Resume
{
    /// <summary>
    /// Resumes from the newest checkpoint of the checkpoint callbacks, and starts from scratch if there is none. The same as
    /// <see cref="TrainerCheckpoints.FindLastCheckpoint"/>.
    /// </summary>
    public const string IfPossible = "last-if-possible";
}
