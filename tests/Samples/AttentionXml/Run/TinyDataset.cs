namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>A data set that can be learned in seconds: word <c>wK</c> stands for label <c>lK</c>, and all have label <c>any</c>.</summary>
internal static class TinyDataset
{
    public const int TestDocuments = 60;

    /// <summary>The options that make a run on it small.</summary>
    public static readonly string[] Sizes =
        [
            "--min-label-frequency",
            "5",
            "--embedding",
            "16",
            "--hidden",
            "16",
            "--mlp",
            "16",
            "--dropout",
            "0",
            "--batch-size",
            "16",
            "--learning-rate",
            "0.01",
            "--threads",
            "1",
        ];

    public static void Write(TemporaryFolder folder, int topics = 6)
    {
        folder.Write("train.txt", [.. Lines(600, topics, seed: 1)]);
        folder.Write("test.txt", [.. Lines(TestDocuments, topics, seed: 2)]);
    }

    private static IEnumerable<string> Lines(int count, int topics, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var topic = random.Next(topics);
            var filler = string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"f{random.Next(9)}"));
            yield return $"d{i}\tl{topic} any\t{filler} w{topic} {filler}";
        }
    }
}
