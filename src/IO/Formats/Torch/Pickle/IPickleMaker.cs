namespace Fulgurite.IO;

/// <summary>
/// Converts frequent references and calls of a format while the pickle is read, without nodes for their parts. The others become a
/// <see cref="PicklePersistent"/> or a <see cref="PickleObject"/>. Implementations must not keep the spans.
/// </summary>
internal interface IPickleMaker
{
    /// <summary>Converts a persistent reference; returns null if it is unknown.</summary>
    /// <param name="id">The items of the tuple that identifies the object.</param>
    PickleMade? TryRefer(ReadOnlySpan<object?> id);

    /// <summary>Converts a call; returns null if it is unknown.</summary>
    /// <param name="callable">The callable.</param>
    /// <param name="arguments">The arguments.</param>
    PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments);
}
