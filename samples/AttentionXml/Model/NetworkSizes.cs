namespace AttentionXml.Model;

/// <summary>The configurable parts of <see cref="AttentionXmlModule"/>.</summary>
internal sealed class NetworkSizes
{
    /// <summary>Gets or sets the width of word embeddings. Default: 64.</summary>
    public int Embedding { get; set; } = 64;

    /// <summary>Gets or sets the width of the LSTM in each direction. Default: 64.</summary>
    public int Hidden { get; set; } = 64;

    /// <summary>Gets or sets the width of the layer between attention and output. Default: 32.</summary>
    public int Mlp { get; set; } = 32;

    /// <summary>Gets or sets the dropout of the inputs of the LSTM and of the attention. Default: 0.2.</summary>
    public double Dropout { get; set; } = 0.2;

    /// <summary>
    /// Gets or sets a value indicating whether the mean score of a label's attention is added to its log-odds. Default: false, as
    /// published.
    /// </summary>
    public bool AddsAttention { get; set; }

    /// <summary>
    /// Gets or sets the weight of the logarithms of the probabilities of the parents in the score of a candidate, above 0. Default: 1, as
    /// published.
    /// </summary>
    public double ParentWeight { get; set; } = 1;
}
