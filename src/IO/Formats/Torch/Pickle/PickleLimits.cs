using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.IO;

/// <summary>Limits on pickles, far above the needs of checkpoints and low enough to prevent resource exhaustion.</summary>
internal static class PickleLimits
{
    /// <summary>The maximum nesting depth. Python itself writes at most about 300 levels.</summary>
    public const int MaxDepth = 500;

    /// <summary>The maximum number of values on the stack, and of items in a tuple; lists and dictionaries are filled in batches.</summary>
    public const int MaxStack = 2 << 20;

    /// <summary>The maximum number of values on the stack before the first mark: a few per level of nesting.</summary>
    public const int MaxUnmarked = 4 * MaxDepth;

    /// <summary>The approximate memory allowed for any pickle without its tensors, in bytes.</summary>
    public const long FreeMemory = 256L << 20;

    /// <summary>
    /// The additional memory allowed, as a multiple of the length of the pickle in the file. A tensor of PyTorch takes 90 bytes there,
    /// or 23 compressed.
    /// </summary>
    public const long MemoryRatio = 128;

    /// <summary>
    /// The approximate maximum memory of a pickle without its tensors, in bytes. Each tensor of a file of PyTorch is charged with 2.9 kB,
    /// twice of what it takes.
    /// </summary>
    public const long MaxMemory = 4L << 30;

    /// <summary>The maximum length of an integer in bytes, and of a decimal integer in characters.</summary>
    public const int MaxIntegerBytes = 256;

    /// <summary>The number of values at and below shared values, counted for each use after the first, allowed for any pickle.</summary>
    public const long FreeRepeatedValues = 1_000_000;

    /// <summary>The number of such values allowed for larger pickles, as a multiple of the number of all other values.</summary>
    public const long RepeatRatio = 4;

    /// <summary>The maximum number of such values.</summary>
    public const long MaxRepeatedValues = 10_000_000;

    /// <summary>The maximum length of a pickle in bytes, without tensors.</summary>
    public const long MaxBytes = 1L << 30;
}

/// <summary>
/// Tracks the memory allocated for a pickle against a limit in proportion to its length. The charges include the state made of it.
/// </summary>
internal sealed class PickleBudget(PickleInput input)
{
    /// <summary>The approximate size of a number in bytes.</summary>
    public const int Number = 48;

    /// <summary>The approximate size of a text or of bytes without their content.</summary>
    public const int Text = 96;

    /// <summary>The approximate size of a node without its items.</summary>
    public const int Node = 200;

    /// <summary>The approximate size of a dictionary, or of an object, without its items.</summary>
    public const int Dictionary = 300;

    private readonly long _limit = Math.Min(
        PickleLimits.MaxMemory, PickleLimits.FreeMemory + (PickleLimits.MemoryRatio * input.StoredLength));

    private long _memory;

    /// <summary>Charges an allocation to the budget.</summary>
    /// <exception cref="PickleException">The budget is exceeded.</exception>
    public void Charge(long bytes)
    {
        _memory += bytes;
        if (_memory > _limit)
        {
            Refuse();
        }
    }

    // Separate, so that the hot path stays small enough to inline.
    [DoesNotReturn]
    private void Refuse() => throw new PickleException(
        $"the pickle needs more than {_limit >> 20} MiB of memory besides the tensors", input.Offset);
}

/// <summary>The exception for a pickle that is damaged or rejected. The file reader adds the path.</summary>
/// <param name="message">What was found and why it is rejected.</param>
/// <param name="offset">The offset in the file, in bytes.</param>
internal sealed class PickleException(string message, long offset) : Exception(message)
{
    public long Offset { get; } = offset;

    /// <summary>Gets the path of the value, if it is known.</summary>
    public string? Place { get; init; }

    /// <summary>Gets a value indicating whether that value is a tensor.</summary>
    public bool IsTensor { get; init; }
}
