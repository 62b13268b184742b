namespace Fulgurite.IO;

/// <summary>
/// Makes something of the references and calls that a format has very many of, as soon as they are read: their parts then need no nodes.
/// What it leaves becomes a <see cref="PicklePersistent"/> or a <see cref="PickleObject"/>. It only looks at what it is given.
/// </summary>
internal interface IPickleMaker
{
    /// <summary>What a reference to something outside becomes; null where it is not known.</summary>
    /// <param name="id">The items of the tuple that it refers by.</param>
    PickleMade? TryRefer(ReadOnlySpan<object?> id);

    /// <summary>What a call becomes; null where it is not known.</summary>
    /// <param name="callable">What would be called.</param>
    /// <param name="arguments">The arguments.</param>
    PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments);
}
