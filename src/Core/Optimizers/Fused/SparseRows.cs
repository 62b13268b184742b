using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The rows of a sparse gradient, each once, in the order of their first appearance. Values of a row that appears several times are added
/// up in their order, as libtorch does, while the row is stepped.
/// </summary>
internal sealed unsafe class SparseRows
{
    /// <summary>The elements of a row that are added up and stepped at a time, so that the sum is in the first cache.</summary>
    private const int Segment = 1024;

    /// <summary>The number of each row of the parameter among the rows of the gradient, from 1; zero while no gradient is read.</summary>
    private int[] _numbers = [];
    private long[] _rows = [];

    /// <summary>Where the places of a row end in <see cref="_places"/>.</summary>
    private int[] _ends = [];

    /// <summary>The places of all rows in the values of the gradient, row after row.</summary>
    private int[] _places = [];
    private int[] _numberOf = [];
    private nint _values;
    private ScalarType _type;

    /// <summary>Gets the number of different rows.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the elements of a row.</summary>
    public long RowLength { get; private set; }

    /// <summary>Gets the elements of all rows.</summary>
    public long ElementCount => Count * RowLength;

    /// <summary>Gets the indices of the rows in the parameter.</summary>
    public ReadOnlySpan<long> Rows => _rows.AsSpan(0, Count);

    /// <summary>Reads the indices of a gradient on the CPU.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="kept">Receives the tensors that hold the values; keep them until the step has ended.</param>
    /// <returns>false if the gradient is of another shape or type.</returns>
    public bool TryRead(Tensor parameter, Tensor gradient, List<Tensor> kept)
    {
        var shape = gradient.shape;
        if (!shape.AsSpan().SequenceEqual(parameter.shape) || gradient.dtype != parameter.dtype)
        {
            return false;
        }

        using var sparse = gradient.SparseIndices;
        var indices = sparse.contiguous().DetachFromDisposeScope();
        kept.Add(indices);
        using var dense = gradient.SparseValues;
        var values = dense.contiguous().DetachFromDisposeScope();
        kept.Add(values);
        var (dimensions, count) = ((int)indices.shape[0], checked((int)indices.shape[1]));
        long rows = 1;
        foreach (var length in shape.AsSpan(0, dimensions))
        {
            rows = checked(rows * length);
        }

        (RowLength, _values, _type) = (rows == 0 ? 0 : parameter.numel() / rows, TorchNative.Data(values.Handle), values.dtype);
        Group((long*)TorchNative.Data(indices.Handle), shape.AsSpan(0, dimensions), count, checked((int)rows));
        return true;
    }

    /// <summary>Steps over a range of the rows. On any thread.</summary>
    /// <param name="rule">The rule that steps.</param>
    /// <param name="memory">The memory of the whole parameter.</param>
    /// <param name="first">The number of the first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="numbers">The index of the numbers of the step.</param>
    public void Run(FusedRule rule, in FusedMemory memory, int first, int count, int numbers)
    {
        switch (_type)
        {
            case ScalarType.Float32: Run<float>(rule, memory, first, count, numbers); break;
            case ScalarType.Float64: Run<double>(rule, memory, first, count, numbers); break;
            default: Run<ushort>(rule, memory, first, count, numbers); break;
        }
    }

    /// <summary>Returns whether a range of the rows of a parameter is finite.</summary>
    public bool AreFinite(nint parameter, int first, int count)
    {
        var areFinite = true;
        foreach (var row in _rows.AsSpan(first, count))
        {
            areFinite &= GradientKernel.AreFinite(_type, parameter, row * RowLength, RowLength);
        }

        return areFinite;
    }

    /// <summary>Returns the sum of the squares of a range of the rows of the gradient.</summary>
    public double SumOfSquares(int first, int count) => _type switch
    {
        ScalarType.Float32 => SumOfSquares<float>(first, count),
        ScalarType.Float64 => SumOfSquares<double>(first, count),
        _ => SumOfSquares<ushort>(first, count),
    };

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            array = new T[Math.Max(count, array.Length * 2)];
        }
    }

    /// <summary>Numbers the rows and groups the places of each.</summary>
    private void Group(long* indices, ReadOnlySpan<long> shape, int count, int rows)
    {
        Grow(ref _numbers, rows);
        Grow(ref _rows, count);
        Grow(ref _ends, count);
        Grow(ref _places, count);
        Grow(ref _numberOf, count);
        Count = 0;
        try
        {
            for (var place = 0; place < count; place++)
            {
                var row = 0L;
                for (var dimension = 0; dimension < shape.Length; dimension++)
                {
                    var index = indices[((long)dimension * count) + place];
                    if ((ulong)index >= (ulong)shape[dimension])
                    {
                        throw new InvalidOperationException(
                            $"A sparse gradient has the index {index} in dimension {dimension}, whose size is {shape[dimension]}.");
                    }

                    row = (row * shape[dimension]) + index;
                }

                ref var number = ref _numbers[row];
                if (number == 0)
                {
                    _rows[Count] = row;
                    _ends[Count] = 0;
                    number = ++Count;
                }

                _numberOf[place] = number - 1;
                _ends[number - 1]++;
            }
        }
        finally
        {
            foreach (var row in Rows)
            {
                _numbers[row] = 0;
            }
        }

        // Counts become starts, and these the ends as the places are filled in.
        var start = 0;
        for (var number = 0; number < Count; number++)
        {
            (_ends[number], start) = (start, start + _ends[number]);
        }

        for (var place = 0; place < count; place++)
        {
            _places[_ends[_numberOf[place]]++] = place;
        }
    }

    [SkipLocalsInit]
    private void Run<T>(FusedRule rule, in FusedMemory memory, int first, int count, int numbers)
        where T : unmanaged, INumber<T>
    {
        var sum = stackalloc T[Segment];
        var own = memory;
        for (var number = first; number < first + count; number++)
        {
            for (var column = 0L; column < RowLength; column += Segment)
            {
                var (start, length) = ((_rows[number] * RowLength) + column, (int)Math.Min(Segment, RowLength - column));

                // The kernel adds the start to all addresses.
                own.Gradient = (nint)Gradient(number, column, length, sum) - (nint)(start * sizeof(T));
                if (typeof(T) == typeof(float))
                {
                    rule.Run<float>(own, start, length, numbers);
                }
                else if (typeof(T) == typeof(double))
                {
                    rule.Run<double>(own, start, length, numbers);
                }
                else
                {
                    BFloat16Step.Run(rule, own, start, length, numbers);
                }
            }
        }
    }

    [SkipLocalsInit]
    private double SumOfSquares<T>(int first, int count)
        where T : unmanaged, INumber<T>
    {
        var sum = stackalloc T[Segment];
        var total = 0.0;
        for (var number = first; number < first + count; number++)
        {
            for (var column = 0L; column < RowLength; column += Segment)
            {
                var length = (int)Math.Min(Segment, RowLength - column);
                total += GradientKernel.SumOfSquares(_type, (nint)Gradient(number, column, length, sum), 0, length);
            }
        }

        return total;
    }

    /// <summary>Returns a part of a row of the gradient: where it lies, or its sum if it appears several times.</summary>
    private T* Gradient<T>(int number, long column, int length, T* sum)
        where T : unmanaged, INumber<T>
    {
        var (start, end) = (number == 0 ? 0 : _ends[number - 1], _ends[number]);
        var values = (T*)_values + (_places[start] * RowLength) + column;
        if (end == start + 1)
        {
            return values;
        }

        new ReadOnlySpan<T>(values, length).CopyTo(new Span<T>(sum, length));
        for (var index = start + 1; index < end; index++)
        {
            values = (T*)_values + (_places[index] * RowLength) + column;
            if (typeof(T) == typeof(ushort))
            {
                BFloat16Step.Add((ushort*)sum, (ushort*)values, length);
            }
            else
            {
                Add(sum, values, length);
            }
        }

        return sum;
    }

    private static void Add<T>(T* sum, T* values, int length)
        where T : unmanaged, INumber<T>
    {
        var index = 0;
        for (; index <= length - Vector512<T>.Count; index += Vector512<T>.Count)
        {
            Vector512.Store(Vector512.Load(sum + index) + Vector512.Load(values + index), sum + index);
        }

        for (; index < length; index++)
        {
            sum[index] += values[index];
        }
    }
}
