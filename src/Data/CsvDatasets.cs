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
        /// <returns>Items of inputs [columns] and a target.</returns>
        /// <exception cref="FileNotFoundException">There is no such file.</exception>
        /// <exception cref="FormatException">A column is missing, or a value is no finite number; the message states its place.</exception>
        public static IDataset<(Tensor Inputs, Tensor Targets)> FromCsv(string path, CsvOptions columns)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            ArgumentNullException.ThrowIfNull(columns);
            var rows = Read(path, columns);
            return Dataset.Create(rows.Targets.Count, arguments =>
            {
                var (inputs, target) = (rows.Inputs[(int)arguments.Index], rows.Targets[(int)arguments.Index]);
                return (tensor(inputs), columns.ClassTargets ? tensor((long)target) : tensor(new[] { (float)target }));
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
        /// <exception cref="FormatException">A column is missing, or a value is no finite number; the message states its place.</exception>
        public static DataSource<(Tensor Inputs, Tensor Targets)> FromCsv(
            string path, CsvOptions columns, DataSourceOptions? options = null) =>
            DataSource.From(Dataset.FromCsv(path, columns), options);
    }

    private static (List<float[]> Inputs, List<double> Targets) Read(string path, CsvOptions columns)
    {
        var separator = columns.Separator is { } given ? Sep.New(given) : (Sep?)null;
        using var reader = Sep.Reader(options => options with { Sep = separator, Unescape = true, Trim = SepTrim.All }).FromFile(path);
        var target = IndexOf(reader, path, columns.Target);
        int[] inputs = columns.Inputs is null
            ? [.. Enumerable.Range(0, reader.Header.ColNames.Count).Where(index => index != target)]
            : [.. columns.Inputs.Select(name => IndexOf(reader, path, name))];
        var (items, targets) = (new List<float[]>(), new List<double>());
        foreach (var row in reader)
        {
            var item = new float[inputs.Length];
            for (var index = 0; index < item.Length; index++)
            {
                item[index] = (float)Number(reader, row, path, inputs[index]);
            }

            var value = Number(reader, row, path, target);
            if (columns.ClassTargets && (value < 0 || value != Math.Floor(value)))
            {
                throw Wrong(reader, row, path, target, "a class number, 0 or above");
            }

            items.Add(item);
            targets.Add(value);
        }

        return (items, targets);
    }

    private static int IndexOf(SepReader reader, string path, string name) => reader.Header.TryIndexOf(name, out var index)
        ? index
        : throw new FormatException($"'{path}' has no column '{name}'. Its columns are {string.Join(", ", reader.Header.ColNames)}.");

    private static double Number(SepReader reader, SepReader.Row row, string path, int column) =>
        double.TryParse(row[column].Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : throw Wrong(reader, row, path, column, "a number");

    private static FormatException Wrong(SepReader reader, SepReader.Row row, string path, int column, string expected) =>
        new(
            $"'{path}', line {row.LineNumberFrom}, column '{reader.Header.ColNames[column]}': expected {expected}, "
                + $"but found '{row[column]}'. Correct the file, or list the columns to read in {nameof(CsvOptions.Inputs)}.");
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

    /// <summary>Gets or sets the separator; null to detect it in the header.</summary>
    /// <value>The default is null.</value>
    public char? Separator { get; set; }
}
