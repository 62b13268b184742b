using System.Collections;

namespace Fulgurite.Data;

/// <summary>Something to enumerate, whose enumerators a function makes.</summary>
internal sealed class EnumerableOf<T>(Func<IEnumerator<T>> make) : IEnumerable<T>
{
    public IEnumerator<T> GetEnumerator() => make();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
