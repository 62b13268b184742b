using Fulgurite;
using static TorchSharp.torch;

namespace CharacterLanguageModel;

/// <summary>A text as numbers of characters, cut into one part to learn from and one to be tried on.</summary>
internal sealed class Corpus
{
    /// <summary>Characters that the model sees at once.</summary>
    public const int Window = 64;

    private readonly long[] _text;
    private readonly int _trainLength;

    public Corpus(string text)
    {
        Alphabet = string.Concat(text.Distinct().Order());
        _text = Encode(text);
        _trainLength = _text.Length * 9 / 10;
    }

    /// <summary>Every character of the text, by its number.</summary>
    public string Alphabet { get; }

    /// <summary>All texts of a folder, one after the other.</summary>
    public static Corpus Read(string folder) =>
        new(string.Join('\n', Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText)));

    public long[] Encode(string text) => [.. text.Select(character => (long)Alphabet.IndexOf(character, StringComparison.Ordinal))];

    public string Decode(IEnumerable<long> characters) => string.Concat(characters.Select(character => Alphabet[(int)character]));

    /// <summary>Windows from anywhere in the first part, others in every epoch.</summary>
    public DataSource<Tensor> TrainingWindows(int batchSize) => Windows(
        _trainLength / Window,
        item => item.CreateRandom().Next(_trainLength - Window),
        new() { BatchSize = batchSize, DropLast = true, Workers = 1 });

    /// <summary>The second part, window after window.</summary>
    public DataSource<Tensor> ValidationWindows(int batchSize) => Windows(
        (_text.Length - _trainLength - 1) / Window,
        item => _trainLength + ((int)item.Index * Window),
        new() { BatchSize = batchSize });

    // One character more than a window: each is to be predicted from those before it.
    private DataSource<Tensor> Windows(int count, Func<GetItemArguments, int> start, DataSourceOptions options) => DataSource.From(
        Dataset.Create(count, item => _text.AsSpan(start(item), Window + 1).ToArray()),
        Collate.Stack<long[], Tensor>,
        options);
}
