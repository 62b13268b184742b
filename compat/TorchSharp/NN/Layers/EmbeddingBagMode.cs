namespace TorchSharp;

/// <summary>How an embedding bag makes one vector of the rows of a bag.</summary>
public enum EmbeddingBagMode
{
    Sum = 0,
    Mean = 1,
    Max = 2,
}
