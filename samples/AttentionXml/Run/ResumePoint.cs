using AttentionXml.Data;

namespace AttentionXml.Run;

/// <summary>What <c>--resume</c> asks for, looked for before anything that takes time.</summary>
internal static class ResumePoint
{
    /// <summary>What stands for the newest checkpoint in the output folder.</summary>
    public const string Last = "last";

    /// <summary>Sees that there is something to go on from.</summary>
    /// <param name="resume">A file, or <see cref="Last"/>.</param>
    /// <param name="folder">The output folder.</param>
    /// <exception cref="InputException">There is not.</exception>
    public static void CheckExists(string resume, string folder)
    {
        if (resume == Last)
        {
            if (!OutputFolder.HoldsCheckpoints(folder))
            {
                throw new InputException(
                    $"There is no checkpoint in {folder} to go on from. Start without --resume, or give the run's folder with --output DIR.");
            }
        }
        else if (!File.Exists(resume))
        {
            var found = Directory.Exists(resume) ? "is a folder, not a checkpoint" : "does not exist";
            throw new InputException(
                $"The checkpoint {resume} {found}. Give a file, or --resume alone for the last checkpoint in {folder}, or start without --resume.");
        }
    }
}
