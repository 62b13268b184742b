namespace Fulgurite.Bench.Xml;

/// <summary>The size of one level of AttentionXML.</summary>
/// <param name="Words">The number of words.</param>
/// <param name="Labels">The number of labels or clusters.</param>
internal sealed record XmlShape(int Words, int Labels)
{
    public const int Embedding = 300, Hidden = 512, Mlp = 512, Mlp2 = 256;

    // The cap of the reference implementation.
    private const int MaxWords = 500_000;

    /// <summary>The names of all shapes: two data sets, and levels with their clusters or labels.</summary>
    public static readonly string[] Names = ["amazoncat-0", "amazoncat-1", "amazon670k-0"];

    /// <summary>Returns a shape.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="scale">The part of its words and labels.</param>
    public static XmlShape Of(string name, double scale)
    {
        var labels = name switch
        {
            "amazoncat-0" => 2048,
            "amazoncat-1" => 13_330,
            "amazon670k-0" => 131_072,
            _ => throw new ArgumentException($"'{name}' is no shape; known are {string.Join(", ", Names)}.", nameof(name)),
        };
        return new XmlShape(Math.Max(8, (int)(MaxWords * scale)), Math.Max(8, (int)(labels * scale)));
    }
}
