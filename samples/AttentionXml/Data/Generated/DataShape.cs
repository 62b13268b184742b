namespace AttentionXml.Data.Generated;

/// <summary>The size of a generated data set.</summary>
/// <param name="Training">The number of training documents.</param>
/// <param name="Test">The number of test documents.</param>
/// <param name="Words">The number of words.</param>
/// <param name="Labels">The number of labels.</param>
/// <param name="LabelsPerDocument">The mean number of labels of a document.</param>
/// <param name="WordsPerDocument">The mean number of words of a document.</param>
internal sealed record DataShape(int Training, int Test, int Words, int Labels, double LabelsPerDocument, double WordsPerDocument)
{
    /// <summary>The name of the shape of a run of a few minutes.</summary>
    public const string Small = "small";

    /// <summary>The names of all shapes.</summary>
    public static readonly string[] Names = [Small, "amazoncat-13k", "amazon-670k"];

    /// <summary>Returns a shape by its name. Those of Amazon have the sizes of the published data sets.</summary>
    public static DataShape Of(string name) => name switch
    {
        Small => new(40_000, 4_000, 20_000, 500, 3, 20),
        "amazoncat-13k" => new(1_186_239, 306_782, 203_882, 13_330, 5.04, 71.2),
        "amazon-670k" => new(490_449, 153_025, 135_909, 670_091, 5.45, 75.7),
        _ => throw new ArgumentException($"'{name}' is no shape; known are {string.Join(", ", Names)}.", nameof(name)),
    };
}
