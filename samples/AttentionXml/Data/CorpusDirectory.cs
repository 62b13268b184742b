namespace AttentionXml.Data;

/// <summary>The files of a data set in its folder.</summary>
/// <param name="TrainFile"><c>train.txt</c>, or the one file that ends in <c>_train.txt</c>.</param>
/// <param name="TestFile"><c>test.txt</c>, or the one file that ends in <c>_test.txt</c>.</param>
/// <param name="ValidFile"><c>valid.txt</c> or <c>*_valid.txt</c>; null if there is none.</param>
internal sealed record CorpusDirectory(string TrainFile, string TestFile, string? ValidFile)
{
    public const string Train = "train.txt", Test = "test.txt", Valid = "valid.txt";

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
            Find(directory, Train) ?? throw Missing(directory, Train), Find(directory, Test) ?? throw Missing(directory, Test),
            Find(directory, Valid));
    }

    private static string? Find(string directory, string name)
    {
        var exact = Path.Combine(directory, name);
        if (File.Exists(exact))
        {
            return exact;
        }

        var matching = Directory.GetFiles(directory, "*_" + name);
        return matching.Length == 1 ? matching[0] : null;
    }

    private static InputException Missing(string directory, string name) =>
        new($"The data folder '{directory}' has no {name}, and not exactly one file *_{name}.");
}
