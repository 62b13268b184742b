namespace AttentionXml.Run;

/// <summary>Where data and runs are kept unless an option says otherwise.</summary>
internal static class Workplace
{
    public static string DataDirectory => Path.Combine(Root(), ".data", "debian");

    public static string OutputDirectory => Path.Combine(Root(), "runs", "attentionxml");

    /// <summary>The repository that this program was built in, from whatever folder it is started; else the current folder.</summary>
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
