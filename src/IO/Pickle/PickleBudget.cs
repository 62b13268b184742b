using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.IO.Pickle;

/// <summary>Counts the memory that a pickle makes against <see cref="PickleLimits.MaxMemory"/>.</summary>
internal sealed class PickleBudget(PickleInput input)
{
    /// <summary>What a node costs, roughly, in bytes.</summary>
    public const int Node = 96;

    private long _memory;

    /// <summary>Counts something.</summary>
    /// <exception cref="PickleException">It is more than a pickle may ask for.</exception>
    public void Charge(long bytes)
    {
        _memory += bytes;
        if (_memory > PickleLimits.MaxMemory)
        {
            Refuse();
        }
    }

    // Apart, so that counting, which every instruction does, is a few instructions itself.
    [DoesNotReturn]
    private void Refuse() => throw new PickleException($"the pickle asks for more than {PickleLimits.MaxMemory >> 20} MiB of memory besides the tensors", input.Offset);
}
