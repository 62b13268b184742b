using AttentionXml.Data;

namespace AttentionXml.Run;

/// <summary>The folder of checkpoints. Created folders that are empty after the run are removed.</summary>
internal sealed class OutputFolder : IDisposable
{
    private const string Remedy = "Give another with --output DIR.";

    private static readonly string[] Extensions = [".ckpt", ".safetensors"];

    private readonly Stack<string> _made = new();

    private OutputFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>Ensures that a new run does not overwrite an earlier one.</summary>
    /// <param name="path">The folder; it need not exist.</param>
    /// <exception cref="InputException">It contains checkpoints.</exception>
    public static void CheckIsFree(string path)
    {
        if (HoldsCheckpoints(path) || FoldersIn(path, "tree-*").Any(HoldsCheckpoints))
        {
            throw new InputException(
                $"{path} holds the checkpoints of an earlier run, which would be lost. Go on from them with --resume, "
                    + "choose another folder with --output DIR, or delete the folder.");
        }
    }

    /// <summary>Returns the folder of one of several trees.</summary>
    /// <param name="path">The output folder of the run.</param>
    /// <param name="tree">The number of the tree, from 1.</param>
    public static string OfTree(string path, int tree) => System.IO.Path.Combine(path, $"tree-{tree}");

    /// <summary>Returns true if there is a checkpoint of any run of one tree.</summary>
    public static bool HoldsCheckpoints(string path) =>
        Directory.Exists(path)
        && FoldersIn(path, "level-*").Prepend(path).SelectMany(Directory.EnumerateFiles)
            .Any(file => Extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.Ordinal));

    /// <summary>Creates the folder if it is missing, and checks that it is writable.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InputException">It cannot be created or written to; the message contains the reason.</exception>
    public static OutputFolder Claim(string path)
    {
        var folder = new OutputFolder(path);
        var existed = Directory.Exists(path);
        try
        {
            folder.Make(path);
            var probe = System.IO.Path.Combine(path, $".{Environment.ProcessId}.probe");
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder.Dispose();
            throw new InputException(
                $"The output folder {path} cannot be {(existed ? "written to" : "made")}: {Reason(path, e)} {Remedy}", e);
        }
    }

    public void Dispose()
    {
        while (_made.TryPop(out var path) && Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
        {
            Directory.Delete(path);
        }
    }

    private static IEnumerable<string> FoldersIn(string path, string pattern) =>
        Directory.Exists(path) ? Directory.EnumerateDirectories(path, pattern) : [];

    private void Make(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (System.IO.Path.GetDirectoryName(path) is { } parent)
        {
            Make(parent);
        }

        Directory.CreateDirectory(path);
        _made.Push(path);
    }

    // The system's message for an invalid parent folder contains an internal file name.
    private static string Reason(string path, Exception e)
    {
        var nearest = path;
        while (!System.IO.Path.Exists(nearest) && System.IO.Path.GetDirectoryName(nearest) is { } parent)
        {
            nearest = parent;
        }

        return e switch
        {
            _ when File.Exists(nearest) => $"{nearest} is a file.",
            UnauthorizedAccessException => $"you may not write to {nearest}.",
            FileNotFoundException or DirectoryNotFoundException => $"{nearest} takes no new files or folders.",
            _ => $"{e.Message.TrimEnd('.')}.",
        };
    }
}
