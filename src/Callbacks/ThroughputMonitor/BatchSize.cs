using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Finds out how many samples a batch has.</summary>
internal static class BatchSize
{
    /// <summary>The first dimension of the first tensor in a tensor, tuple, dictionary or list; null where there is none.</summary>
    public static long? Find(object? batch) => batch switch
    {
        Tensor tensor => tensor.shape is [var first, ..] ? first : null,
        ITuple tuple => Enumerable.Range(0, tuple.Length).Select(index => Find(tuple[index])).FirstOrDefault(size => size is not null),
        IDictionary dictionary => dictionary.Values.Cast<object?>().Select(Find).FirstOrDefault(size => size is not null),
        string => null,
        IEnumerable items => items.Cast<object?>().Select(Find).FirstOrDefault(size => size is not null),
        _ => null,
    };
}
