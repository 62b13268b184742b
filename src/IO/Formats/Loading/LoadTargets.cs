using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>
/// The tensors to load into. A file usually has them in the order in which they are given, so that a comparison with the next path replaces
/// a path and a look-up for each.
/// </summary>
/// <param name="into">The tensors by path; null if there are none.</param>
internal sealed class LoadTargets(IReadOnlyDictionary<string, Tensor>? into)
{
    /// <summary>The number of tensors that a file may lack before a path is looked up.</summary>
    private const int MostMissing = 4;

    private readonly KeyValuePair<string, Tensor>[] _inOrder = into is null ? [] : [.. into];

    /// <summary>The index of the expected next tensor.</summary>
    private int _next;

    /// <summary>Returns the tensor for a position; null if there is none.</summary>
    public Tensor? Find(StatePath path)
    {
        if (_inOrder.Length == 0)
        {
            return null;
        }

        for (var index = _next; index < Math.Min(_next + MostMissing, _inOrder.Length); index++)
        {
            if (path.Is(_inOrder[index].Key))
            {
                _next = index + 1;
                return _inOrder[index].Value;
            }
        }

        return into!.GetValueOrDefault(path.ToString());
    }
}
