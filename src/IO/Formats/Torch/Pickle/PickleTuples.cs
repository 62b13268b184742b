namespace Fulgurite.IO;

/// <summary>
/// Creates short tuples. Shapes and strides repeat from tensor to tensor; a tuple of integers equal to one of the last few reuses that
/// instance, since tuples are immutable.
/// </summary>
internal sealed class PickleTuples
{
    private readonly PickleTuple[] _recent = [PickleTuple.Empty, PickleTuple.Empty, PickleTuple.Empty, PickleTuple.Empty];
    private int _oldest;

    public PickleTuple Of(ReadOnlySpan<object?> items)
    {
        foreach (var recent in _recent)
        {
            if (IsSame(recent.Items, items))
            {
                return recent;
            }
        }

        var made = new PickleTuple(items.ToArray());
        _recent[_oldest] = made;
        _oldest = (_oldest + 1) % _recent.Length;
        return made;
    }

    private static bool IsSame(object?[] known, ReadOnlySpan<object?> items)
    {
        if (known.Length != items.Length)
        {
            return false;
        }

        for (var index = 0; index < known.Length; index++)
        {
            if (known[index] is not long value || items[index] is not long other || value != other)
            {
                return false;
            }
        }

        return true;
    }
}
