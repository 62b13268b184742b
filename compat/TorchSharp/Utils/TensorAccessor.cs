using System.Collections;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>Reads and writes the elements of a CPU tensor in the order of its dimensions, whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : unmanaged
{
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _dense;
    private readonly T* _data;
    private Tensor? _tensor;

    internal TensorAccessor(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            throw new InvalidOperationException($"Elements are read on the CPU only, the tensor is on {tensor.device}; call cpu() first.");
        }

        _shape = tensor.shape;
        _strides = tensor.stride();
        _dense = tensor.is_contiguous();
        _data = (T*)tensor.DataPointer;
        Count = tensor.NumberOfElements;
        _tensor = tensor;
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get => *At(indices);
        set => *At(indices) = value;
    }

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    /// <summary>The elements in an array with the dimensions of the tensor.</summary>
    public Array ToNDArray()
    {
        if (_shape.Length == 0)
        {
            return ToArray();
        }

        var array = Array.CreateInstance(typeof(T), _shape);
        var at = new long[_shape.Length];
        foreach (var value in this)
        {
            array.SetValue(value, at);
            for (var d = at.Length - 1; d >= 0 && ++at[d] == _shape[d]; d--)
            {
                at[d] = 0;
            }
        }

        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(array);
        CopyTo(array.AsSpan(), arrayIndex, tensorIndex);
    }

    /// <summary>Copies as many elements as there are from <paramref name="tensorIndex"/> on, at most as many as fit.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Math.Max(0, Count - tensorIndex));
        if (_dense)
        {
            new ReadOnlySpan<T>(Live + tensorIndex, count).CopyTo(target);
            return;
        }

        for (var i = 0; i < count; i++)
        {
            target[i] = *Nth(tensorIndex + i);
        }
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(array);
        CopyFrom(new ReadOnlySpan<T>(array), arrayIndex, tensorIndex);
    }

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Math.Max(0, Count - tensorIndex));
        if (_dense)
        {
            source[..count].CopyTo(new Span<T>(Live + tensorIndex, count));
            return;
        }

        for (var i = 0; i < count; i++)
        {
            *Nth(tensorIndex + i) = source[i];
        }
    }

    public override bool Equals(object? obj) =>
        obj is TensorAccessor<T> other && Count == other.Count && this.SequenceEqual(other);

    public override int GetHashCode() => HashCode.Combine(typeof(T), Count);

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return Get(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets go of the tensor, which stays what it is.</summary>
    public void Dispose() => _tensor = null;

    private T* Live
    {
        get
        {
            if (_tensor is null or { IsInvalid: true })
            {
                throw new ObjectDisposedException(nameof(TensorAccessor<T>), "The accessor, or the tensor that it reads, was disposed.");
            }

            return _data;
        }
    }

    private T Get(long position) => *Nth(position);

    /// <summary>One index counts the elements in order; otherwise there is one index a dimension.</summary>
    private T* At(long[] indices)
    {
        if (indices.Length == 1)
        {
            return Nth(indices[0]);
        }

        if (indices.Length != _shape.Length)
        {
            throw new ArgumentException($"The tensor has {_shape.Length} dimensions, given are {indices.Length} indices.", nameof(indices));
        }

        long offset = 0;
        for (var d = 0; d < indices.Length; d++)
        {
            if (indices[d] < 0 || indices[d] >= _shape[d])
            {
                throw new ArgumentOutOfRangeException(nameof(indices), indices[d], $"Dimension {d} has {_shape[d]} elements.");
            }

            offset += indices[d] * _strides[d];
        }

        return Live + offset;
    }

    private T* Nth(long position)
    {
        if (position < 0 || position >= Count)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"The tensor has {Count} elements.");
        }

        if (_dense)
        {
            return Live + position;
        }

        long offset = 0;
        for (var d = _shape.Length - 1; d >= 0; d--)
        {
            offset += position % _shape[d] * _strides[d];
            position /= _shape[d];
        }

        return Live + offset;
    }
}
