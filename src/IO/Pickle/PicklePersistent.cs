namespace Fulgurite.IO.Pickle;

/// <summary>A reference to something outside the pickle.</summary>
internal sealed class PicklePersistent(object? id) : PickleNode
{
    public object? Id { get; } = id;
}
