namespace Fulgurite;

/// <summary>
/// The exclusive claim of a run to a name in a local directory, across processes: a lock on a hidden file next to it. The lock ends with
/// the process, so that a crash does not block the name.
/// </summary>
internal sealed class LocalClaim : IDisposable
{
    private static readonly NameClaims OfThisProcess = new();

    private readonly IDisposable _inProcess;
    private readonly ClaimFile _file;

    private LocalClaim(IDisposable inProcess, ClaimFile file) => (_inProcess, _file) = (inProcess, file);

    /// <summary>Claims a name; returns null if another run has claimed it.</summary>
    /// <param name="path">The path of the future file or directory.</param>
    /// <param name="mayBeThere">
    /// true if the name already belongs to the run; false to reject a name that exists, even as a directory or a dangling link.
    /// </param>
    public static IDisposable? TryTake(string path, bool mayBeThere)
    {
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

            return claim;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No file can be created in that directory; the first write there reports the error.
            return inProcess;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _inProcess.Dispose();
    }

    private static bool IsTaken(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
