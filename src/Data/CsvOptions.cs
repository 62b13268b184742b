namespace Fulgurite;

/// <summary>The columns of a CSV file; see <c>Dataset.FromCsv</c>.</summary>
public sealed class CsvOptions
{
    /// <summary>Gets or sets the name of the column with the target.</summary>
    public required string Target { get; set; }

    /// <summary>Gets or sets the names of the columns with inputs, in order; null for all but the target.</summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<string>? Inputs { get; set; }

    /// <summary>Gets or sets whether targets are class numbers: 64-bit integers of the shape []. If false, they are numbers of the shape [1].</summary>
    /// <value>The default is false.</value>
    public bool ClassTargets { get; set; }

    /// <summary>Gets or sets the separator; null to detect it in the header.</summary>
    /// <value>The default is null.</value>
    public char? Separator { get; set; }
}
