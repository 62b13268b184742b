namespace Fulgurite.IO.Pickle;

/// <summary>Bounds on what a pickle may ask for, far above what checkpoints need and far below what would hurt.</summary>
internal static class PickleLimits
{
    /// <summary>How deeply values may be nested. Python itself writes about 300 levels at most.</summary>
    public const int MaxDepth = 500;

    /// <summary>How much memory a pickle may ask for besides the tensors, roughly, in bytes.</summary>
    public const long MaxMemory = 2L << 30;

    /// <summary>How long an integer may be, in bytes; texts of integers have as many characters at most.</summary>
    public const int MaxIntegerBytes = 256;

    /// <summary>How many values the tree may have when those that are used several times are counted each time.</summary>
    public const long MaxTreeValues = 50_000_000;

    /// <summary>How long a pickle may be, in bytes; tensors are not in it.</summary>
    public const long MaxBytes = 1L << 30;
}
