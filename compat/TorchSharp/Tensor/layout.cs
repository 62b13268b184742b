namespace TorchSharp;

/// <summary>How a tensor's values lie in memory.</summary>
public enum layout : sbyte
{
    strided = 0,
    sparse_coo = 1,
}
