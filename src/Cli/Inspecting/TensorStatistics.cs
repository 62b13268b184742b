namespace Fulgurite.Cli;

/// <summary>The statistics of the elements of a tensor; NaN and infinities are counted and otherwise excluded.</summary>
/// <param name="Least">The minimum.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Greatest">The maximum.</param>
/// <param name="NotFinite">The number of elements that are not finite.</param>
/// <param name="Count">The number of elements; real and imaginary parts count separately.</param>
internal sealed record TensorStatistics(double Least, double Mean, double Greatest, long NotFinite, long Count)
{
    private const int Bins = 16;
    private const string Blocks = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";

    /// <summary>Gets the number of elements in equal parts from the minimum to the maximum; null if they were not counted.</summary>
    public long[]? Histogram { get; private init; }

    /// <summary>Returns the statistics of all tensors below a value, by path.</summary>
    public static Dictionary<string, TensorStatistics> OfAll(
        StateValue node, string path, bool withHistogram, Screen screen, CancellationToken cancellationToken)
    {
        var tensors = StateNodes.Tensors(node, path).ToList();
        var read = new Dictionary<TensorData, TensorStatistics>(ReferenceEqualityComparer.Instance);
        var bytes = tensors.Select(tensor => tensor.Tensor).Distinct(ReferenceEqualityComparer.Instance).Cast<TensorData>().Sum(
            tensor => tensor.ByteLength);
        using var meter = new Meter(screen, "reading", bytes * (withHistogram ? 2 : 1));
        var all = new Dictionary<string, TensorStatistics>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            if (!read.TryGetValue(tensor, out var statistics))
            {
                statistics = Of(tensor, meter, cancellationToken);
                read[tensor] = statistics = withHistogram
                    ? statistics with { Histogram = statistics.Distribution(tensor, meter, cancellationToken) }
                    : statistics;
            }

            all[name] = statistics;
        }

        return all;
    }

    public string Text(double value) => Count == NotFinite ? "-" : Amounts.Short(value);

    /// <summary>Returns the histogram as one line of blocks; an element or more is always visible.</summary>
    public string Bars()
    {
        var most = Histogram!.Max();
        return most == 0 ? "-" : string.Concat(Histogram!.Select(count => Blocks[(int)Math.Ceiling(count * (Blocks.Length - 1.0) / most)]));
    }

    private static TensorStatistics Of(TensorData tensor, Meter meter, CancellationToken cancellationToken)
    {
        var (least, greatest, sum, notFinite, total) = (double.PositiveInfinity, double.NegativeInfinity, 0.0, 0L, 0L);
        foreach (var numbers in Chunks(tensor, meter, cancellationToken))
        {
            total += numbers.Length;
            foreach (var number in numbers.Span)
            {
                if (double.IsFinite(number))
                {
                    (least, greatest, sum) = (Math.Min(least, number), Math.Max(greatest, number), sum + number);
                }
                else
                {
                    notFinite++;
                }
            }
        }

        return new TensorStatistics(least, sum / (total - notFinite), greatest, notFinite, total);
    }

    private long[] Distribution(TensorData tensor, Meter meter, CancellationToken cancellationToken)
    {
        var counts = new long[Bins];

        // Halved, so that the difference of the largest numbers is finite too. A tensor of one value has all elements in the middle.
        var (low, width) = (Least / 2, (Greatest / 2) - (Least / 2));
        foreach (var numbers in Chunks(tensor, meter, cancellationToken))
        {
            foreach (var number in numbers.Span)
            {
                if (double.IsFinite(number))
                {
                    counts[width > 0 ? Math.Min(Bins - 1, (int)(((number / 2) - low) / width * Bins)) : Bins / 2]++;
                }
            }
        }

        return counts;
    }

    /// <summary>Enumerates the elements; a chunk is valid until the next one.</summary>
    private static IEnumerable<ReadOnlyMemory<double>> Chunks(TensorData tensor, Meter meter, CancellationToken cancellationToken)
    {
        var parts = ElementTypes.IsComplex(tensor.Type) ? 2 : 1;
        var size = tensor.Type.ElementByteSize();
        var bytes = new byte[TensorChunks.Elements * size];
        var numbers = new double[TensorChunks.Elements * parts];
        for (var first = 0L; first < tensor.ElementCount; first += TensorChunks.Elements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(TensorChunks.Elements, tensor.ElementCount - first);
            TensorChunks.Copy(tensor, first, bytes.AsSpan(0, count * size));
            ElementConversion.ToNumbers(bytes.AsSpan(0, count * size), tensor.Type, numbers);
            yield return numbers.AsMemory(0, count * parts);
            meter.Add((long)count * size);
        }
    }
}
