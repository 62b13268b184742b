namespace Fulgurite;

/// <summary>
/// The claim of a run to the name of a file or folder on this machine: while it is held, no other run can claim the name, in this process
/// or another. The claim is a lock on a hidden file next to the name. It ends with the process, so a crash does not block the name.
/// </summary>
public sealed class LocalClaim : IDisposable
{
    private static readonly NameClaims OfThisProcess = new();

    private readonly IDisposable _inProcess;
    private readonly ClaimFile _file;

    private LocalClaim(IDisposable inProcess, ClaimFile file) => (_inProcess, _file) = (inProcess, file);

    /// <summary>Claims a name, and creates its folder if it does not exist.</summary>
    /// <param name="path">The path of the future file or directory.</param>
    /// <param name="mayBeThere">
    /// true if the name already belongs to the run; false to reject a name that exists, even as a directory or a dangling link.
    /// </param>
    /// <returns>
    /// The claim, which ends when it is disposed; null if another run has claimed the name, or if the name is taken. It is a
    /// <see cref="LocalClaim"/> if it excludes other processes, and of another type where files cannot be locked.
    /// </returns>
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

            // Only the holder of the claim may create the file, so the result cannot change from here on.
            var claim = new LocalClaim(inProcess, file);
            if (!mayBeThere && IsTaken(full))
            {
                claim.Dispose();
                return null;
            }

            if (file.Excludes())
            {
                return claim;
            }

            file.Dispose();
            return inProcess;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No file can be created in that directory; the first write there reports the error.
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
