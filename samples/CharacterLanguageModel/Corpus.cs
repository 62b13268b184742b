using Fulgurite;
using static TorchSharp.torch;

namespace CharacterLanguageModel;

/// <summary>A text as numbers of characters, split into a training and a validation part.</summary>
internal sealed class Corpus
{
    /// <summary>The number of characters in a window.</summary>
    public const int Window = 64;

    private readonly long[] _text;
    private readonly int _trainLength;

    public Corpus(string text)
    {
        Alphabet = string.Concat(text.Distinct().Order());
        _text = Encode(text);
        _trainLength = _text.Length * 9 / 10;
    }

    /// <summary>Gets the characters of the text, by their numbers.</summary>
    public string Alphabet { get; }

    /// <summary>Reads and concatenates all texts of a folder.</summary>
    public static Corpus Read(string folder) =>
        new(string.Join('\n', Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText)));

    public long[] Encode(string text) => [.. text.Select(character => (long)Alphabet.IndexOf(character, StringComparison.Ordinal))];

    public string Decode(IEnumerable<long> characters) => string.Concat(characters.Select(character => Alphabet[(int)character]));

    /// <summary>Returns windows at random positions of the first part, different in every epoch.</summary>
    public DataSource<Tensor> TrainingWindows(int batchSize) => Windows(
        _trainLength / Window,
        item => item.CreateRandom().Next(_trainLength - Window),
        new() { BatchSize = batchSize, DropLast = true, Workers = 1 });

    /// <summary>Returns consecutive windows of the second part.</summary>
    public DataSource<Tensor> ValidationWindows(int batchSize) => Windows(
        (_text.Length - _trainLength - 1) / Window,
        item => _trainLength + ((int)item.Index * Window),
        new() { BatchSize = batchSize });

    // One character more than a window, because each character is predicted from the previous ones.
    private DataSource<Tensor> Windows(int count, Func<GetItemArguments, int> start, DataSourceOptions options) => DataSource.From(
        Dataset.Create(count, item => _text.AsSpan(start(item), Window + 1).ToArray()),
        Collate.Stack<long[], Tensor>,
        options);
}
