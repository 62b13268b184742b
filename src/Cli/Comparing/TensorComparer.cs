namespace Fulgurite.Cli;

/// <summary>Compares two tensors of equal shape and any element types, in pieces.</summary>
/// <param name="absolute">The absolute tolerance.</param>
/// <param name="relative">The tolerance relative to the second element.</param>
internal sealed class TensorComparer(double absolute, double relative)
{
    public TensorDifference Compare(TensorData left, TensorData right, Action<long> onCompared, CancellationToken cancellationToken)
    {
        var (leftSize, rightSize) = (left.Type.ElementByteSize(), right.Type.ElementByteSize());
        var (leftBytes, rightBytes) = (new byte[TensorChunks.Elements * leftSize], new byte[TensorChunks.Elements * rightSize]);
        double[]? leftNumbers = null, rightNumbers = null;
        var result = TensorDifference.None;
        for (var first = 0L; first < left.ElementCount; first += TensorChunks.Elements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(TensorChunks.Elements, left.ElementCount - first);
            var leftPiece = leftBytes.AsSpan(0, count * leftSize);
            var rightPiece = rightBytes.AsSpan(0, count * rightSize);
            TensorChunks.Copy(left, first, leftPiece);
            TensorChunks.Copy(right, first, rightPiece);
            onCompared(leftPiece.Length + rightPiece.Length);

            // Equal bytes of one type are equal numbers, including NaN.
            if (left.Type == right.Type && leftPiece.SequenceEqual(rightPiece))
            {
                continue;
            }

            var parts = ElementTypes.IsComplex(left.Type) ? 2 : 1;
            leftNumbers ??= new double[TensorChunks.Elements * 2];
            rightNumbers ??= new double[TensorChunks.Elements * 2];
            ElementConversion.ToNumbers(leftPiece, left.Type, leftNumbers);
            ElementConversion.ToNumbers(rightPiece, right.Type, rightNumbers);
            result = Compare(leftNumbers.AsSpan(0, count * parts), rightNumbers.AsSpan(0, count * parts), first, parts, result);
        }

        return result;
    }

    private TensorDifference Compare(ReadOnlySpan<double> left, ReadOnlySpan<double> right, long first, int parts, TensorDifference before)
    {
        var (different, maxAbsolute, maxRelative, at) = before;
        for (var index = 0; index < left.Length; index++)
        {
            var (a, b) = (left[index], right[index]);
            if (a == b || (double.IsNaN(a) && double.IsNaN(b)))
            {
                continue;
            }

            var difference = Math.Abs(a - b);
            if (!double.IsFinite(difference))
            {
                difference = double.PositiveInfinity;
            }

            var share = double.IsFinite(difference) ? difference / Math.Max(Math.Abs(a), Math.Abs(b)) : double.PositiveInfinity;
            if (difference > maxAbsolute)
            {
                (maxAbsolute, at) = (difference, first + (index / parts));
            }

            maxRelative = Math.Max(maxRelative, share);
            different += difference > absolute + (relative * Math.Abs(b)) || !double.IsFinite(difference) ? 1 : 0;
        }

        return new TensorDifference(different, maxAbsolute, maxRelative, at);
    }
}

/// <summary>The difference between two tensors of equal shape.</summary>
/// <param name="Different">The number of elements that differ by more than the tolerance.</param>
/// <param name="MaxAbsolute">The maximum absolute difference; infinite if an element is not finite.</param>
/// <param name="MaxRelative">The maximum difference relative to the larger element.</param>
/// <param name="At">The row-major index of the element with the maximum difference; -1 if there is none.</param>
internal sealed record TensorDifference(long Different, double MaxAbsolute, double MaxRelative, long At)
{
    public static readonly TensorDifference None = new(0, 0, 0, -1);
}
