using AttentionXml.Data;

namespace AttentionXml.Run;

/// <summary>The checkpoint of <c>--resume</c>, checked before any slow operation.</summary>
internal static class ResumePoint
{
    /// <summary>The name of the newest checkpoint in the output folder.</summary>
    public const string Last = "last";

    /// <summary>Checks that the checkpoint exists.</summary>
    /// <param name="resume">A file, or <see cref="Last"/>.</param>
    /// <param name="folder">The output folder.</param>
    /// <exception cref="InputException">It is missing.</exception>
    public static void CheckExists(string resume, string folder)
    {
        if (resume == Last)
        {
            if (!OutputFolder.HoldsCheckpoints(folder))
            {
                throw new InputException(
                    $"There is no checkpoint in {folder} to resume from. Start without --resume, "
                        + "or give the run's folder with --output DIR.");
            }
        }
        else if (!File.Exists(resume))
        {
            var found = Directory.Exists(resume) ? "is a folder, not a checkpoint" : "does not exist";
            throw new InputException(
                $"The checkpoint {resume} {found}. Give a file, or --resume alone for the last checkpoint in {folder}, "
                    + "or start without --resume.");
        }
    }
}
