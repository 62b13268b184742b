namespace Fulgurite.Bench.Xml.Baselines;

/// <summary>
/// A linear classifier of one label: L2-regularized squared hinge loss, minimized in its dual by coordinate descent with shrinking
/// (Hsieh et al., 2008), as LIBLINEAR's solver 1 does. The constant feature 1 is the bias. Reused from label to label by one thread.
/// Documents are visited in their order, which has to be a random one: a shuffle for each pass would miss the caches of the processor.
/// </summary>
/// <remarks>
/// The problem without positive documents is solved once, and every label begins there: most of its documents are the same negative
/// ones. The problem is strictly convex, so the start changes the time and not the minimum.
/// </remarks>
/// <param name="documents">The training documents.</param>
/// <param name="words">The number of words.</param>
/// <param name="cost">The weight of the loss against the regularization.</param>
/// <param name="tolerance">The largest difference of projected gradients at the end.</param>
internal sealed class LinearClassifier(TfIdf documents, int words, double cost, double tolerance)
{
    private const int MaxIterations = 1000;

    private readonly double[] _weights = new double[words + 1];
    private readonly double[] _alphas = new double[documents.Count];
    private readonly bool[] _isPositive = new bool[documents.Count];
    private readonly int[] _order = new int[documents.Count];
    private (double[] Weights, double[] Alphas)? _start;

    /// <summary>Gets the passes over the documents of the last training.</summary>
    public int Iterations { get; private set; }

    /// <summary>Trains for a label.</summary>
    /// <param name="positives">The rows of the documents with the label, by increasing number.</param>
    public void Train(ReadOnlySpan<int> positives)
    {
        if (_start is null)
        {
            Solve();
            _start = ([.. _weights], [.. _alphas]);
        }

        _start.Value.Weights.CopyTo(_weights, 0);
        _start.Value.Alphas.CopyTo(_alphas, 0);
        foreach (var row in positives)
        {
            _isPositive[row] = true;
            Add(row, _alphas[row]);
            _alphas[row] = 0;
        }

        Solve();
        foreach (var row in positives)
        {
            _isPositive[row] = false;
        }
    }

    /// <summary>Returns the distance of a document from the boundary, times the length of the weights.</summary>
    /// <param name="of">The documents.</param>
    /// <param name="row">The document.</param>
    public double Score(TfIdf of, int row)
    {
        var sum = _weights[words];
        var indices = of.Words(row);
        var values = of.Values(row);
        for (var i = 0; i < indices.Length; i++)
        {
            sum += _weights[indices[i]] * values[i];
        }

        return sum;
    }

    private void Solve()
    {
        for (var row = 0; row < _order.Length; row++)
        {
            _order[row] = row;
        }

        var diagonal = 0.5 / cost;
        var active = _order.Length;
        var limit = double.PositiveInfinity;
        for (Iterations = 1; Iterations <= MaxIterations; Iterations++)
        {
            var (highest, lowest) = (double.NegativeInfinity, double.PositiveInfinity);
            for (var place = 0; place < active; place++)
            {
                var row = _order[place];
                var sign = _isPositive[row] ? 1 : -1;
                var gradient = (sign * Score(documents, row)) - 1 + (_alphas[row] * diagonal);
                if (_alphas[row] == 0 && gradient > limit)
                {
                    (_order[place], _order[active - 1]) = (_order[active - 1], row);
                    active--;
                    place--;
                    continue;
                }

                var projected = _alphas[row] == 0 ? Math.Min(gradient, 0) : gradient;
                highest = Math.Max(highest, projected);
                lowest = Math.Min(lowest, projected);
                if (Math.Abs(projected) > 1e-12)
                {
                    // A row has length 1, and the bias adds 1; a document without words has the bias only.
                    var squaredLength = documents.Words(row).IsEmpty ? 1 : 2;
                    var alpha = Math.Max(0, _alphas[row] - (gradient / (squaredLength + diagonal)));
                    Add(row, sign * (alpha - _alphas[row]));
                    _alphas[row] = alpha;
                }
            }

            if (highest - lowest <= tolerance)
            {
                if (active == _order.Length)
                {
                    return;
                }

                // Checks the documents that were left out.
                (active, limit) = (_order.Length, double.PositiveInfinity);
                continue;
            }

            limit = highest <= 0 ? double.PositiveInfinity : highest;
        }
    }

    private void Add(int row, double factor)
    {
        _weights[words] += factor;
        var indices = documents.Words(row);
        var values = documents.Values(row);
        for (var i = 0; i < indices.Length; i++)
        {
            _weights[indices[i]] += factor * values[i];
        }
    }
}
