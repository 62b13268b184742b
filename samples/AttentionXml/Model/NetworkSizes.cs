namespace AttentionXml.Model;

/// <summary>The sizes of <see cref="AttentionXmlNetwork"/> that a user chooses.</summary>
internal sealed class NetworkSizes
{
    /// <summary>Numbers that stand for a word. Default 64.</summary>
    public int Embedding { get; set; } = 64;

    /// <summary>Width of the LSTM in each direction. Default 64.</summary>
    public int Hidden { get; set; } = 64;

    /// <summary>Width of the layer between attention and output. Default 32.</summary>
    public int Mlp { get; set; } = 32;

    /// <summary>The part of the inputs of the LSTM and of the attention that is zeroed in training. Default 0.2.</summary>
    public double Dropout { get; set; } = 0.2;
}
