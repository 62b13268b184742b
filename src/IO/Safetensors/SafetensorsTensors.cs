using Fulgurite.IO.Loading;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO.Safetensors;

/// <summary>Makes the tensors of a state from the entries of a file.</summary>
/// <param name="entries">The entries with the stretches of the file that they are.</param>
/// <param name="loader">What gives tensors their memory.</param>
internal sealed class SafetensorsTensors(Dictionary<string, (SafetensorsEntry Entry, FileRegion Region)> entries, RegionLoader loader)
{
    private const long MaxRepetition = 1L << 20;

    /// <summary>An entry as it stands.</summary>
    public TensorData Whole(string name, StatePath path)
    {
        var (entry, region) = Find(name);
        return SafetensorsType.TryParse(entry.Type, out var type)
            ? loader.Place(region, path, type, entry.Shape, Contiguous(entry.Shape), 0)
            : throw new FormatException($"the tensor '{name}' has the type {entry.Type}, which TorchSharp does not have");
    }

    /// <summary>A view of an entry, of another type, shape or place.</summary>
    public TensorData View(string name, StatePath path, ScalarType type, long[] shape, long[]? strides, long offset)
    {
        var tensor = loader.Place(Find(name).Region, path, type, shape, strides ?? Contiguous(shape), offset);
        return tensor.ElementCount / MaxRepetition > tensor.Extent
            ? throw new FormatException($"the tensor '{name}' of shape [{string.Join(", ", shape)}] repeats {tensor.Extent} elements")
            : tensor;
    }

    private (SafetensorsEntry Entry, FileRegion Region) Find(string name) =>
        entries.TryGetValue(name, out var found) ? found : throw new FormatException($"the state has a tensor '{name}' and there is no such entry");

    private static long[] Contiguous(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            stride = checked(stride * Math.Max(shape[dimension], 1));
        }

        return strides;
    }
}
