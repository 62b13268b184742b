namespace Fulgurite.Cli;

/// <summary>The difference between two tensors of equal shape.</summary>
/// <param name="Different">The number of elements that differ by more than the tolerance.</param>
/// <param name="MaxAbsolute">The maximum absolute difference; infinite if an element is not finite.</param>
/// <param name="MaxRelative">The maximum difference relative to the larger element.</param>
/// <param name="At">The row-major index of the element with the maximum difference; -1 if there is none.</param>
internal sealed record TensorDifference(long Different, double MaxAbsolute, double MaxRelative, long At)
{
    public static readonly TensorDifference None = new(0, 0, 0, -1);
}
