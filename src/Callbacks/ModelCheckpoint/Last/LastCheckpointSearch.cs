using Fulgurite.Callbacks.Naming;
using Fulgurite.Strategies;

namespace Fulgurite.Callbacks.Last;

/// <summary>Finds the newest state that earlier runs left in a directory.</summary>
internal static class LastCheckpointSearch
{
    /// <summary>The newest file of a name in any version: by its time on this machine, by its version where files cannot be listed.</summary>
    public static string? Find(CheckpointDirectory directory, CheckpointNaming naming, string template, IStrategy strategy)
    {
        if (directory.IsLocal && Directory.Exists(directory.Path))
        {
            var folder = CheckpointDirectory.ParentOf(directory[template]);
            var newest = All(folder, naming, template).MaxBy(File.GetLastWriteTimeUtc);
            if (newest is not null)
            {
                return newest;
            }
        }

        string? found = null;
        for (var version = 0; !template.Contains('{', StringComparison.Ordinal); version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(template, version)];
            if (!strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult())
            {
                break;
            }

            found = path;
        }

        return found;
    }

    /// <summary>All files of a name in any version in a folder of this machine.</summary>
    public static IEnumerable<string> All(string folder, CheckpointNaming naming, string template) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Where(path => naming.Matches(template, Path.GetFileName(path)))
        : [];
}
