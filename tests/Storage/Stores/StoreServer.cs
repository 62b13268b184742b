using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>A server of an object store, installed by eng/object-stores.sh; one of a kind for all tests.</summary>
/// <remarks>Without it a test is skipped (inconclusive), except in CI, where it fails.</remarks>
[TestClass]
public static class StoreServer
{
    private static readonly Dictionary<string, StoreProcess> Running = new(StringComparer.Ordinal);
    private static readonly string Data = Directory.CreateTempSubdirectory("fulgurite-stores").FullName;

    /// <summary>Starts a server if needed, and returns its URL.</summary>
    /// <param name="kind">moto, s3rver or azurite.</param>
    public static Uri Start(string kind)
    {
        return TryStart(kind, out var url) ? url : throw NotInstalled(kind);
    }

    /// <summary>Returns moto, or s3rver where it is missing.</summary>
    public static string MotoOrS3rver() => TryStart("moto", out _) ? "moto" : "s3rver";

    private static bool TryStart(string kind, [NotNullWhen(true)] out Uri? url)
    {
        if (!Running.TryGetValue(kind, out var running))
        {
            running = StoreProcess.TryStart(kind, Path.Combine(Data, kind));
            if (running is null)
            {
                url = null;
                return false;
            }

            Running[kind] = running;
        }

        url = running.Url;
        return true;
    }

    private static Exception NotInstalled(string kind)
    {
        const string remedy = "The server is not installed. Run eng/object-stores.sh.";

        // npm has the others; moto comes from PyPI, which not every network reaches.
        return kind != "moto" && string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal)
            ? new AssertFailedException(remedy)
            : new AssertInconclusiveException(remedy);
    }

    [AssemblyCleanup]
    public static void Stop()
    {
        foreach (var process in Running.Values)
        {
            process.Dispose();
        }

        Directory.Delete(Data, recursive: true);
    }
}
