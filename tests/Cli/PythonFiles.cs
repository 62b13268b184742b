namespace Fulgurite.Tests.Cli;

/// <summary>The files that python/write_files.py makes: made once, copied for tests that change them.</summary>
internal static class PythonFiles
{
    private static readonly Lazy<TemporaryDirectory> Made = new(() =>
    {
        var directory = new TemporaryDirectory();
        PythonInterop.Run("write_files.py", directory.Path);
        return directory;
    });

    public static string Path(string name) => Made.Value[name];

    public static string Checkpoint => Path("epoch=3-step=120.ckpt");

    /// <summary>A folder with copies of some of the files.</summary>
    public static TemporaryDirectory Copy(params string[] names)
    {
        var directory = new TemporaryDirectory();
        foreach (var name in names)
        {
            File.Copy(Path(name), directory[name]);
        }

        return directory;
    }

    public static void Delete()
    {
        if (Made.IsValueCreated)
        {
            Made.Value.Dispose();
        }
    }
}
