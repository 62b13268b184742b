using static TorchSharp.torch;

namespace Fulgurite.Cli;

/// <summary>Converts the floating-point tensors of a tree to another element type. Tensors that share memory still share it.</summary>
internal sealed class TypeConversion(ScalarType type, Meter meter, CancellationToken cancellationToken)
{
    private readonly Dictionary<(nint Address, ScalarType From), HostTensorStorage> _converted = [];

    public StateMap Convert(StateMap root)
    {
        var converted = new StateMap();
        foreach (var (key, value) in root)
        {
            converted[key] = Convert(value);
        }

        return converted;
    }

    private StateValue Convert(StateValue value) => value switch
    {
        TensorData tensor when ElementTypes.IsReal(tensor.Type) && tensor.Type != type => Convert(tensor),
        StateMap map => Convert(map),
        StateList list => new StateList(list.Select(Convert), list.IsTuple),
        _ => value,
    };

    private TensorData Convert(TensorData tensor)
    {
        if (tensor.Storage.ByteLength == 0)
        {
            return new TensorData(new HostTensorStorage(0), type, tensor.Shape, tensor.Strides);
        }

        // The whole storage is converted, so that views of it stay views.
        var key = (tensor.Storage.Address, tensor.Type);
        if (!_converted.TryGetValue(key, out var storage))
        {
            storage = ConvertStorage(tensor.Storage, tensor.Type);
            _converted.Add(key, storage);
        }

        return new TensorData(storage, type, tensor.Shape, tensor.Strides, tensor.StorageOffset);
    }

    private HostTensorStorage ConvertStorage(TensorStorage source, ScalarType from)
    {
        var (size, newSize) = (from.ElementByteSize(), type.ElementByteSize());
        var count = source.ByteLength / size;
        var target = new HostTensorStorage(count * newSize);
        var numbers = new double[TensorChunks.Elements];
        for (var first = 0L; first < count; first += TensorChunks.Elements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = (int)Math.Min(TensorChunks.Elements, count - first);
            ElementConversion.ToNumbers(source.GetBytes(first * size, length * size), from, numbers);
            ElementConversion.FromNumbers(numbers.AsSpan(0, length), type, target.GetWritableBytes(first * newSize, length * newSize));
            meter.Add((long)length * size);
        }

        return target;
    }
}
