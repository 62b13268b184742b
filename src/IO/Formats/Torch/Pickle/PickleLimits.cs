using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.IO;

/// <summary>Bounds on what a pickle may ask for, far above what checkpoints need and far below what would hurt.</summary>
internal static class PickleLimits
{
    /// <summary>How deeply values may be nested. Python itself writes about 300 levels at most.</summary>
    public const int MaxDepth = 500;

    /// <summary>The max number of values on the stack, which is that of the longest tuple; lists and dictionaries are filled in parts.</summary>
    public const int MaxStack = 2 << 20;

    /// <summary>The max number of values on the stack before the first mark: a few for each level of nesting.</summary>
    public const int MaxUnmarked = 4 * MaxDepth;

    /// <summary>How much memory a pickle may ask for besides the tensors, roughly, in bytes.</summary>
    public const long MaxMemory = 2L << 30;

    /// <summary>How long an integer may be, in bytes; texts of integers have as many characters at most.</summary>
    public const int MaxIntegerBytes = 256;

    /// <summary>How many values the tree may have when those that are used several times are counted each time.</summary>
    public const long MaxTreeValues = 50_000_000;

    /// <summary>How long a pickle may be, in bytes; tensors are not in it.</summary>
    public const long MaxBytes = 1L << 30;
}

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

/// <summary>A pickle is damaged or asks for something that is refused. Whoever reads the file says which file it is.</summary>
/// <param name="message">What was found and why it is refused.</param>
/// <param name="offset">Where in the file, in bytes.</param>
internal sealed class PickleException(string message, long offset) : Exception(message)
{
    public long Offset { get; } = offset;
}
