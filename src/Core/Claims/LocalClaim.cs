namespace Fulgurite;

/// <summary>
/// The claim of a run to the name of a file or folder on this machine: while it is held, no other run can claim the name, in this process or
/// another. The claim is a lock on a hidden file beside the name, and ends with the process, so that a crash blocks no name.
/// </summary>
public sealed class LocalClaim : IDisposable
{
    private static readonly NameClaims OfThisProcess = new();

    private readonly IDisposable _inProcess;
    private readonly ClaimFile _file;

    private LocalClaim(IDisposable inProcess, ClaimFile file) => (_inProcess, _file) = (inProcess, file);

    /// <summary>Claims a name, and creates its folder where it is missing.</summary>
    /// <param name="path">The path of the file or folder that will have the name.</param>
    /// <param name="mayBeThere">Whether the name is the run's own already; else it is refused where anything has it, be it a folder or a link that leads nowhere.</param>
    /// <returns>The claim, which is given up by disposing it; null where another run has claimed the name, or something has it.</returns>
    public static IDisposable? TryTake(string path, bool mayBeThere)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        if ((!mayBeThere && IsTaken(full)) || OfThisProcess.TryTake(full) is not { } inProcess)
        {
            return null;
        }

        try
        {
            if (ClaimFile.TryLock(full) is not { } file)
            {
                inProcess.Dispose();
                return null;
            }

            // Only who holds the claim makes the file, so from here on this does not change.
            var claim = new LocalClaim(inProcess, file);
            if (!mayBeThere && IsTaken(full))
            {
                claim.Dispose();
                return null;
            }

            return claim;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing can be made in that folder; whatever is to be written there says why, and to whom it matters.
            return inProcess;
        }
    }

    /// <summary>Gives the claim up.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _inProcess.Dispose();
    }

    private static bool IsTaken(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
