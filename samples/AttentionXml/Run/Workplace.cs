namespace AttentionXml.Run;

/// <summary>The default folders of data and runs.</summary>
internal static class Workplace
{
    /// <summary>Returns the folder of a data set that the program makes.</summary>
    public static string DataDirectory(string name) => Path.Combine(Root(), ".data", name);

    public static string OutputDirectory => Path.Combine(Root(), "runs", "attentionxml");

    /// <summary>Returns the repository of this program, independent of the current folder; otherwise, the current folder.</summary>
    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
            {
                return folder.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }
}
