namespace Fulgurite.Data;

/// <summary>Which item is wanted.</summary>
/// <param name="Index">Its number, from zero.</param>
/// <param name="Epoch">The epoch that it is for, from zero.</param>
/// <param name="Seed">
/// Depends on the seed of the source, the epoch and the item alone, whoever loads it: for what draws random numbers by itself, such as
/// <c>new torch.Generator((ulong)arguments.Seed)</c>. libtorch's common generator is the training's; drawing from it here would change its course.
/// </param>
/// <param name="CancellationToken">Says that nobody wants the item any more: for what loads from far away.</param>
public readonly record struct GetItemArguments(long Index, int Epoch, long Seed, CancellationToken CancellationToken)
{
    /// <summary>Makes random numbers that depend on the seed of the source, the epoch and the item alone. The same ones at every call.</summary>
    public Random CreateRandom() => new SeededRandom(Seed);
}
