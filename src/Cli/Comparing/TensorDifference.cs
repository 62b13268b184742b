namespace Fulgurite.Cli;

/// <summary>How far two tensors of one shape are apart.</summary>
/// <param name="Different">How many elements differ by more than is allowed.</param>
/// <param name="MaxAbsolute">The greatest difference of two elements; infinite where one of them is not finite.</param>
/// <param name="MaxRelative">The greatest difference of two elements, as a part of the larger one.</param>
/// <param name="At">The element, counted row after row, with the greatest difference; -1 where none differs.</param>
internal sealed record TensorDifference(long Different, double MaxAbsolute, double MaxRelative, long At)
{
    public static readonly TensorDifference None = new(0, 0, 0, -1);
}
