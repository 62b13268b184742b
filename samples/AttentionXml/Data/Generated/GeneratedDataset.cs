using System.Globalization;
using System.Text;

namespace AttentionXml.Data.Generated;

/// <summary>
/// Random documents in the format of the extreme classification repository. The frequencies of labels and words follow power laws, and
/// every label is in a training document. Every label has its own words, and shares some with its neighbors, so labels can be learned and
/// clustered. The same seed gives the same bytes.
/// </summary>
internal static class GeneratedDataset
{
    private const int Seed = 20_190_705, OwnWords = 6, SharedWords = 10, Neighbors = 8;

    // Parts of the words of a document that come from its labels and from their neighborhoods; the rest is noise.
    private const double OwnPart = 0.35, SharedPart = 0.3;

    /// <summary>Generates the data set unless the folder exists.</summary>
    /// <param name="directory">The folder. It is complete or missing: written next to its path and then renamed.</param>
    /// <param name="shape">The size.</param>
    /// <param name="say">Receives a line for the user.</param>
    public static void Prepare(string directory, DataShape shape, Action<string> say)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        say($"Generating {shape.Training + shape.Test:N0} documents (once) in {directory} ...");
        var unfinished = $"{Path.TrimEndingDirectorySeparator(directory)}.{Environment.ProcessId}.new";
        try
        {
            Directory.CreateDirectory(unfinished);
            Write(Path.Combine(unfinished, CorpusDirectory.Train), shape, shape.Training, Seed, hasEveryLabel: true);
            Write(Path.Combine(unfinished, CorpusDirectory.Test), shape, shape.Test, Seed + 1, hasEveryLabel: false);
            Directory.Move(unfinished, directory);
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

    private static void Write(string path, DataShape shape, int documents, int seed, bool hasEveryLabel)
    {
        using var file = new StreamWriter(path, append: false, Encoding.ASCII, bufferSize: 1 << 20) { NewLine = "\n" };
        file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{documents} {shape.Words} {shape.Labels}"));
        var random = new Random(seed);
        var labels = new List<int>();
        var words = new Dictionary<int, int>();
        var line = new StringBuilder();
        for (var document = 0; document < documents; document++)
        {
            labels.Clear();
            words.Clear();
            line.Clear();
            var count = Math.Clamp(Around(random, shape.LabelsPerDocument), 1, shape.Labels);

            // By the power law alone, a third of 670,091 labels would be in no document.
            for (var label = document; hasEveryLabel && label < shape.Labels; label += documents)
            {
                labels.Add(label);
            }

            while (labels.Count < count)
            {
                // Labels of a document are often neighbors, as in a catalog.
                var label = labels.Count > 0 && random.Next(2) == 0
                    ? Math.Min(shape.Labels - 1, (labels[0] / Neighbors * Neighbors) + random.Next(Neighbors))
                    : PowerLaw(random, shape.Labels);
                if (labels.Contains(label))
                {
                    label = random.Next(shape.Labels);
                }

                if (!labels.Contains(label))
                {
                    labels.Add(label);
                }
            }

            for (var i = Math.Max(1, Around(random, shape.WordsPerDocument)); i > 0; i--)
            {
                var word = Word(random, shape, labels[random.Next(labels.Count)]);
                words[word] = words.GetValueOrDefault(word) + 1;
            }

            line.AppendJoin(',', labels);
            foreach (var (word, times) in words)
            {
                line.Append(CultureInfo.InvariantCulture, $" {word}:{times}");
            }

            file.WriteLine(line);
        }
    }

    private static int Word(Random random, DataShape shape, int label)
    {
        var kind = random.NextDouble();
        return kind < OwnPart ? Scatter((ulong)label, random.Next(OwnWords), shape.Words)
            : kind < OwnPart + SharedPart ? Scatter(~(ulong)(label / Neighbors), random.Next(SharedWords), shape.Words)
            : PowerLaw(random, shape.Words);
    }

    /// <summary>A number with a mean, at least half of it and at most one and a half times it.</summary>
    private static int Around(Random random, double mean) => (int)Math.Floor((mean * (0.5 + random.NextDouble())) + random.NextDouble());

    /// <summary>A number below a limit; its frequency falls with 1 / (number + 1), roughly.</summary>
    private static int PowerLaw(Random random, int limit) => Math.Min(limit - 1, (int)(Math.Pow(limit + 1.0, random.NextDouble()) - 1));

    private static int Scatter(ulong key, int index, int limit)
    {
        var hash = ((key * 31) + (ulong)index + 1) * 0x9E3779B97F4A7C15UL;
        return (int)((hash ^ (hash >> 29)) % (ulong)limit);
    }
}
