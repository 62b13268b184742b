namespace Fulgurite.Data;

/// <summary>Makes tuples of any length.</summary>
internal static class TupleParts
{
    /// <summary>Makes a tuple.</summary>
    /// <param name="tuple">Its type.</param>
    /// <param name="parts">Its parts; those beyond the seventh go into the tuple at its end.</param>
    public static object Create(Type tuple, ReadOnlySpan<object?> parts) => parts.Length < 8
        ? Activator.CreateInstance(tuple, parts.ToArray())!
        : Activator.CreateInstance(tuple, [.. parts[..7], Create(tuple.GetGenericArguments()[7], parts[7..])])!;
}
