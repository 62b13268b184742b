using System.Globalization;

namespace AttentionXml.Run;

/// <summary>The MPI launcher (<c>mpirun</c>, <c>srun</c>) that started this process among others to train one model.</summary>
internal static class Launcher
{
    // Open MPI, MPICH and its family, PMIx.
    private static readonly string[] RankVariables = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"];

    /// <summary>Gets a value indicating whether there is a launcher.</summary>
    public static bool IsPresent => Variable is not null;

    /// <summary>Gets the number of this process, from zero; zero without a launcher.</summary>
    public static int Rank => int.TryParse(Variable, CultureInfo.InvariantCulture, out var rank) ? rank : 0;

    private static string? Variable =>
        RankVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
