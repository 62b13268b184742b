namespace AttentionXml.Tree;

/// <summary>A sum of sparse vectors in a dense buffer that is cleared by its entries, not as a whole.</summary>
/// <param name="dimension">The number of components.</param>
internal sealed class SparseSum(int dimension)
{
    private readonly float[] _values = new float[dimension];
    private readonly bool[] _isUsed = new bool[dimension];
    private readonly List<int> _used = [];

    /// <summary>Adds to one component.</summary>
    public void Add(int index, float value)
    {
        if (!_isUsed[index])
        {
            _isUsed[index] = true;
            _used.Add(index);
        }

        _values[index] += value;
    }

    /// <summary>Returns the inner product with a sparse vector.</summary>
    public float Dot(ReadOnlySpan<int> indices, ReadOnlySpan<float> values)
    {
        var result = 0f;
        for (var i = 0; i < indices.Length; i++)
        {
            result += _values[indices[i]] * values[i];
        }

        return result;
    }

    /// <summary>Subtracts another sum.</summary>
    public void Subtract(SparseSum other)
    {
        foreach (var index in other._used)
        {
            Add(index, -other._values[index]);
        }
    }

    /// <summary>Scales the sum to length 1, unless it is zero.</summary>
    /// <returns>The length before.</returns>
    public double Normalize()
    {
        var norm = 0.0;
        foreach (var index in _used)
        {
            norm += (double)_values[index] * _values[index];
        }

        var scale = norm == 0 ? 0 : (float)(1 / Math.Sqrt(norm));
        foreach (var index in _used)
        {
            _values[index] *= scale;
        }

        return Math.Sqrt(norm);
    }

    /// <summary>Sets the sum to zero.</summary>
    public void Clear()
    {
        foreach (var index in _used)
        {
            (_values[index], _isUsed[index]) = (0, false);
        }

        _used.Clear();
    }

    /// <summary>Returns the normalized sum without its zeros, by increasing index, and sets it to zero.</summary>
    public (int[] Indices, float[] Values) TakeNormalized()
    {
        Normalize();
        _used.Sort();
        int[] indices = [.. _used.Where(index => _values[index] != 0)];
        var values = Array.ConvertAll(indices, index => _values[index]);
        Clear();
        return (indices, values);
    }
}
