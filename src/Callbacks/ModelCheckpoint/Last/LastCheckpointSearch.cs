using Fulgurite.Callbacks.Naming;
using Fulgurite.Strategies;

namespace Fulgurite.Callbacks.Last;

/// <summary>Finds the newest state that earlier runs left in a directory.</summary>
internal static class LastCheckpointSearch
{
    /// <summary>
    /// The newest file of some names in any version: by its time on this machine, by the version of the first name where files cannot be listed.
    /// </summary>
    public static string? Find(CheckpointDirectory directory, CheckpointNaming naming, IStrategy strategy, params string[] templates)
    {
        if (directory.IsLocal && Directory.Exists(directory.Path))
        {
            var newest = templates.SelectMany(template => All(CheckpointDirectory.ParentOf(directory[template]), naming, template)).MaxBy(File.GetLastWriteTimeUtc);
            if (newest is not null)
            {
                return newest;
            }
        }

        string? found = null;
        for (var version = 0; !templates[0].Contains('{', StringComparison.Ordinal); version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(templates[0], version)];
            if (!strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult())
            {
                break;
            }

            found = path;
        }

        return found;
    }

    /// <summary>The newer one of two files, either of which may be missing; the first where that cannot be told.</summary>
    public static string? Newer(string? first, string? second) =>
        first is not null && second is not null && File.Exists(first) && File.Exists(second)
            ? (File.GetLastWriteTimeUtc(second) > File.GetLastWriteTimeUtc(first) ? second : first)
            : first ?? second;

    /// <summary>All files of a name in any version in a folder of this machine.</summary>
    public static IEnumerable<string> All(string folder, CheckpointNaming naming, string template) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Where(path => naming.Matches(template, Path.GetFileName(path)))
        : [];
}
