namespace AttentionXml.Data.Debian;

/// <summary>The default data set: this machine's package index, created once in a folder.</summary>
internal static class DebianDataset
{
    /// <summary>Creates the data set unless the folder exists.</summary>
    /// <param name="directory">The folder. It is complete or missing: written next to its path and then renamed.</param>
    /// <param name="packages">Returns the packages; called only if the folder is missing.</param>
    /// <param name="say">Receives a line for the user.</param>
    /// <param name="minimumLabelFrequency">The minimum number of packages with a label.</param>
    public static void Prepare(
        string directory,
        Func<IEnumerable<Package>> packages,
        Action<string> say,
        int minimumLabelFrequency = PackageCorpus.MinimumLabelFrequency)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        say($"Making the data set from this machine's package index (once) in {directory} ...");
        var unfinished = $"{Path.TrimEndingDirectorySeparator(directory)}.{Environment.ProcessId}.new";
        try
        {
            Directory.CreateDirectory(unfinished);
            var count = PackageCorpus.Write(packages(), unfinished, minimumLabelFrequency);
            Directory.Move(unfinished, directory);
            say($"{count:N0} packages written.");
        }
        catch (IOException) when (Directory.Exists(directory))
        {
            // Another process made the same data set meanwhile.
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }
}
