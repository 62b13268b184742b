namespace TorchSharp;

/// <summary>The order of dimensions in memory.</summary>
public enum memory_format : sbyte
{
    preserve_format = 0,
    contiguous_format = 1,
    channels_last = 2,
}
