using System.Globalization;
using nietras.SeparatedValues;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Creates data sets and sources from CSV files with a header.</summary>
#pragma warning disable CA1708 // The rule compares the compiler-made names of the two extension blocks.
public static class CsvDatasets
#pragma warning restore CA1708
{
    extension(Dataset)
    {
        /// <summary>Reads a CSV file with a header and numbers. The whole file is kept in memory as 32-bit numbers.</summary>
        /// <param name="path">The path of the file.</param>
        /// <param name="columns">The columns.</param>
        /// <returns>Items of inputs [columns] and a target; an input with categories has a column for each.</returns>
        /// <exception cref="FileNotFoundException">There is no such file.</exception>
        /// <exception cref="FormatException">A column is missing, or a value is no number or category, with the place.</exception>
        public static IDataset<(Tensor Inputs, Tensor Targets)> FromCsv(string path, CsvOptions columns)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            ArgumentNullException.ThrowIfNull(columns);
            var rows = Read(path, columns);
            return Dataset.Create(rows.Targets.Count, arguments =>
            {
                var (inputs, target) = (rows.Inputs[(int)arguments.Index], rows.Targets[(int)arguments.Index]);
                return (tensor(inputs), columns.HasClassTargets ? tensor((long)target) : tensor(new[] { (float)target }));
            });
        }
    }

    extension(DataSource)
    {
        /// <summary>Creates a source of batches of a CSV file; to split the file, use <c>Dataset.FromCsv</c> and <c>Split</c>.</summary>
        /// <param name="path">The path of the file.</param>
        /// <param name="columns">The columns.</param>
        /// <param name="options">The options; null for the defaults.</param>
        /// <returns>Batches of inputs [N, columns] and targets [N, 1], or [N] if they are classes.</returns>
        /// <exception cref="FormatException">A column is missing, or a value is no number or category, with the place.</exception>
        public static DataSource<(Tensor Inputs, Tensor Targets)> FromCsv(
            string path, CsvOptions columns, DataSourceOptions? options = null) =>
            DataSource.From(Dataset.FromCsv(path, columns), options);
    }

    private static (List<float[]> Inputs, List<double> Targets) Read(string path, CsvOptions columns)
    {
        var separator = columns.Separator is { } given ? Sep.New(given) : (Sep?)null;
        using var reader = Sep.Reader(options => options with { Sep = separator, Unescape = true, Trim = SepTrim.All }).FromFile(path);
        if (reader.Header.IsEmpty)
        {
            throw new FormatException($"'{path}' is empty. Its first line must be the names of the columns.");
        }

        var target = CategoriesOf(IndexOf(reader, path, columns.Target), columns.Target);
        (int Column, IReadOnlyList<string>? Categories)[] inputs =
        [
            .. (columns.Inputs ?? [.. reader.Header.ColNames.Where(name => name != columns.Target)])
                .Select(name => CategoriesOf(IndexOf(reader, path, name), name)),
        ];
        if (inputs.Length == 0)
        {
            throw new FormatException($"'{path}' has no inputs: CsvOptions names no column besides the target '{columns.Target}'.");
        }

        var width = inputs.Sum(input => input.Categories?.Count ?? 1);
        var (items, targets) = (new List<float[]>(), new List<double>());
        while (MoveNext(reader, path))
        {
            var row = reader.Current;
            var (item, place) = (new float[width], 0);
            foreach (var (column, categories) in inputs)
            {
                if (categories is null)
                {
                    item[place++] = (float)Number(reader, row, path, column);
                    continue;
                }

                item[place + Category(reader, row, path, column, categories)] = 1;
                place += categories.Count;
            }

            var value = target.Categories is { } names
                ? Category(reader, row, path, target.Column, names)
                : Number(reader, row, path, target.Column);
            if (columns.HasClassTargets && (value < 0 || value != Math.Floor(value)))
            {
                throw Wrong(reader, row, path, target.Column, "a class number, 0 or above");
            }

            items.Add(item);
            targets.Add(value);
        }

        return (items, targets);

        (int Column, IReadOnlyList<string>? Categories) CategoriesOf(int column, string name) =>
            (column, columns.Categories?.GetValueOrDefault(name));
    }

    private static bool MoveNext(SepReader reader, string path)
    {
        try
        {
            return reader.MoveNext();
        }
        catch (InvalidDataException exception)
        {
            throw new FormatException($"'{path}': {exception.Message.ReplaceLineEndings(". ")}. Correct the row.", exception);
        }
    }

    private static int IndexOf(SepReader reader, string path, string name) => reader.Header.TryIndexOf(name, out var index)
        ? index
        : throw new FormatException($"'{path}' has no column '{name}'. Its columns are {string.Join(", ", reader.Header.ColNames)}.");

    private static double Number(SepReader reader, SepReader.Row row, string path, int column) =>
        double.TryParse(row[column].Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : throw Wrong(reader, row, path, column, "a number");

    private static int Category(SepReader reader, SepReader.Row row, string path, int column, IReadOnlyList<string> categories)
    {
        for (var index = 0; index < categories.Count; index++)
        {
            if (row[column].Span.SequenceEqual(categories[index]))
            {
                return index;
            }
        }

        throw Wrong(reader, row, path, column, $"one of the categories {string.Join(", ", categories.Take(10))}");
    }

    private static FormatException Wrong(SepReader reader, SepReader.Row row, string path, int column, string expected)
    {
        var name = reader.Header.ColNames[column];
        return new FormatException(
            $"'{path}', line {row.LineNumberFrom}, column '{name}': expected {expected}, but found '{row[column]}'. "
                + $"Correct the file, list the values of a text column in CsvOptions.Categories[\"{name}\"], or leave the column out: "
                + "list those to read in CsvOptions.Inputs.");
    }
}

/// <summary>The columns of a CSV file; see <c>Dataset.FromCsv</c>.</summary>
public sealed class CsvOptions
{
    /// <summary>Gets or sets the name of the column with the target.</summary>
    public required string Target { get; set; }

    /// <summary>Gets or sets the names of the columns with inputs, in order; null for all but the target.</summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<string>? Inputs { get; set; }

    /// <summary>
    /// Gets or sets whether targets are class numbers: 64-bit integers of the shape []. If false, they are numbers of the shape [1].
    /// </summary>
    /// <value>The default is false.</value>
    public bool ClassTargets { get; set; }

    /// <summary>
    /// Gets or sets the values of text columns by name, in the order of their numbers. A target becomes a class number; an input becomes a
    /// column for each value, 1 where it applies and 0 otherwise. Listed here, the numbers are the same for every file.
    /// </summary>
    /// <value>The default is null: all columns hold numbers.</value>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Categories { get; set; }

    internal bool HasClassTargets => ClassTargets || Categories?.ContainsKey(Target) == true;

    /// <summary>Gets or sets the separator; null to detect it in the header.</summary>
    /// <value>The default is null.</value>
    public char? Separator { get; set; }
}
