namespace Fulgurite.Schedulers;

/// <summary>How the cycles of a <see cref="CyclicLR"/> change.</summary>
public enum CyclicMode
{
    /// <summary>All are the same.</summary>
    Triangular,

    /// <summary>Each is half as high as the one before.</summary>
    Triangular2,

    /// <summary>They shrink by a factor at every step.</summary>
    ExponentialRange,
}
