using Fulgurite.State;

namespace Fulgurite.Cli;

/// <summary>The statistics of the elements of a tensor; NaN and infinities are counted and otherwise excluded.</summary>
/// <param name="Least">The minimum.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Greatest">The maximum.</param>
/// <param name="NotFinite">The number of elements that are not finite.</param>
/// <param name="Count">The number of elements; real and imaginary parts count separately.</param>
internal sealed record TensorStatistics(double Least, double Mean, double Greatest, long NotFinite, long Count)
{
    /// <summary>Returns the statistics of all tensors below a value, by path.</summary>
    public static Dictionary<string, TensorStatistics> OfAll(StateValue node, string path, Screen screen, CancellationToken cancellationToken)
    {
        var tensors = StateNodes.Tensors(node, path).ToList();
        using var meter = new Meter(screen, "reading", tensors.Sum(tensor => tensor.Tensor.ByteLength));
        var all = new Dictionary<string, TensorStatistics>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            all[name] = Of(tensor, meter, cancellationToken);
        }

        return all;
    }

    public string Text(double value) => Count == NotFinite ? "-" : Amounts.Short(value);

    private static TensorStatistics Of(TensorData tensor, Meter meter, CancellationToken cancellationToken)
    {
        var parts = ElementTypes.IsComplex(tensor.Type) ? 2 : 1;
        var size = tensor.Type.ElementByteSize();
        var bytes = new byte[TensorChunks.Elements * size];
        var numbers = new double[TensorChunks.Elements * parts];
        var (least, greatest, sum, notFinite) = (double.PositiveInfinity, double.NegativeInfinity, 0.0, 0L);
        for (var first = 0L; first < tensor.ElementCount; first += TensorChunks.Elements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(TensorChunks.Elements, tensor.ElementCount - first);
            TensorChunks.Copy(tensor, first, bytes.AsSpan(0, count * size));
            ElementConversion.ToNumbers(bytes.AsSpan(0, count * size), tensor.Type, numbers);
            foreach (var number in numbers.AsSpan(0, count * parts))
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

            meter.Add((long)count * size);
        }

        var total = tensor.ElementCount * parts;
        return new TensorStatistics(least, sum / (total - notFinite), greatest, notFinite, total);
    }
}
