namespace Fulgurite.IO.Pickle;

/// <summary>What calling something, or making an instance of it, would have given; nothing was called.</summary>
internal sealed class PickleObject(PickleGlobal callable, PickleTuple arguments, bool isInstance) : PickleNode
{
    public PickleGlobal Callable { get; } = callable;

    public PickleTuple Arguments { get; } = arguments;

    /// <summary>Whether it is an instance made empty, rather than the result of a call.</summary>
    public bool IsInstance { get; } = isInstance;

    /// <summary>What was appended to it; null for nothing.</summary>
    public List<object?>? Items { get; set; }

    /// <summary>What was set on it as on a dictionary; null for nothing.</summary>
    public List<KeyValuePair<object?, object?>>? Entries { get; set; }

    /// <summary>What it was given as its state; null for nothing.</summary>
    public object? State { get; set; }
}
