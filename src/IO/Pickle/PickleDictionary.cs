namespace Fulgurite.IO.Pickle;

/// <summary>A dictionary: what was set, in order; a later value for a key replaces an earlier one.</summary>
internal sealed class PickleDictionary : PickleNode
{
    public List<KeyValuePair<object?, object?>> Entries { get; } = [];
}
