namespace AttentionXml.Data;

/// <summary>The files of a data set in its folder.</summary>
/// <param name="TrainFile"><c>train.txt</c>, the one file that ends in <c>_train.txt</c>, or <c>trn.json</c>; each also as <c>.gz</c>.
/// </param>
/// <param name="TestFile"><c>test.txt</c>, the one file that ends in <c>_test.txt</c>, or <c>tst.json</c>; each also as <c>.gz</c>.</param>
/// <param name="ValidFile"><c>valid.txt</c> or <c>*_valid.txt</c>, also as <c>.gz</c>; null if there is none.</param>
internal sealed record CorpusDirectory(string TrainFile, string TestFile, string? ValidFile)
{
    public const string Train = "train.txt", Test = "test.txt", Valid = "valid.txt";

    private const string TrainJson = "trn.json", TestJson = "tst.json";

    private static readonly string[] Packed = ["*.bz2", "*.zip", "*.xz", "*.zst", "*.7z", "*.rar", "*.tar", "*.tar.gz", "*.tgz"];

    /// <exception cref="InputException">The folder or a required file is missing.</exception>
    public static CorpusDirectory Open(string directory)
    {
        if (!Directory.Exists(directory))
        {
            var found = File.Exists(directory) ? "is a file, not a folder" : "does not exist";
            throw new InputException(
                $"The data folder '{directory}' {found}. Give a folder that holds {Train} and {Test} with --data DIR.");
        }

        return new(
            Find(directory, Train) ?? Find(directory, TrainJson) ?? throw Missing(directory, Train, TrainJson),
            Find(directory, Test) ?? Find(directory, TestJson) ?? throw Missing(directory, Test, TestJson),
            Find(directory, Valid));
    }

    private static string? Find(string directory, string name)
    {
        foreach (var candidate in new[] { name, name + ".gz" })
        {
            var exact = Path.Combine(directory, candidate);
            if (File.Exists(exact))
            {
                return exact;
            }

            if (Directory.GetFiles(directory, "*_" + candidate) is [var match])
            {
                return match;
            }
        }

        return null;
    }

    private static InputException Missing(string directory, string name, string json)
    {
        var packed = Packed.SelectMany(pattern => Directory.GetFiles(directory, pattern)).Select(Path.GetFileName).Order().ToList();
        var remedy = packed.Count == 0 ? string.Empty
            : $" It has {string.Join(", ", packed)}: unpack the files first; only .gz is read as it is.";
        return new(
            $"The data folder '{directory}' has no {name} or {json}, and not exactly one file *_{name}; nor one of these as .gz.{remedy}");
    }
}
