using Fulgurite.IO.Loading;
using Fulgurite.IO.Pickle;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO.Torch;

/// <summary>Makes tensors of the calls that PyTorch writes for them.</summary>
internal sealed class TorchTensorBuilder(ITorchStorages storages, RegionLoader loader, StatePath path, Func<string, PickleException> refuse)
{
    private const int MaxDimensions = 64;

    /// <summary>A tensor that repeats elements may be this many times as large as its storage before it is taken for an attack.</summary>
    private const long MaxRepetition = 1L << 20;

    private const string PickledTypes = "torch.";

    /// <summary>The class of the last storage: a pickle names one once and refers to it from then on.</summary>
    private PickleGlobal? _lastClass;
    private ScalarType _lastType;

    /// <summary>The tensor that a call makes; null if the call is for something else.</summary>
    public TensorData? TryBuild(PickleObject made) => TryBuild(made.Callable.Name, made.Arguments.Items);

    private TensorData? TryBuild(string name, object?[] arguments) => name switch
    {
        "torch._utils._rebuild_tensor" when arguments is [PicklePersistent storage, long offset, var shape, var strides] => Build(storage, null, offset, shape, strides),
        "torch._utils._rebuild_tensor_v2" when arguments is [PicklePersistent storage, long offset, var shape, var strides, ..] => Build(storage, null, offset, shape, strides),
        "torch._utils._rebuild_tensor_v3" when arguments is [PicklePersistent storage, long offset, var shape, var strides, _, _, PickleGlobal type, ..] =>
            Build(storage, ParseType(type.Name), offset, shape, strides),
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" when arguments is [PickleObject data, ..] => TryBuild(data),
        "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" when arguments is [PickleGlobal function, _, PickleTuple inner, ..] =>
            TryBuild(function.Name, inner.Items),
        _ => null,
    };

    /// <summary>A storage that stands alone: a tensor of one dimension.</summary>
    public TensorData BuildStorage(PicklePersistent reference)
    {
        var (region, type) = FindStorage(reference);
        return Build(region, type, 0, [region.ByteLength / type.ElementByteSize()], [1]);
    }

    private TensorData Build(PicklePersistent reference, ScalarType? type, long offset, object? shape, object? strides)
    {
        var (region, storageType) = FindStorage(reference);
        return Build(region, type ?? storageType, offset, Sizes(shape), Sizes(strides));
    }

    private (FileRegion Region, ScalarType Type) FindStorage(PicklePersistent reference)
    {
        if (reference.Id is not PickleTuple { Items: ["storage", PickleGlobal storageClass, var key, _, long count, .. var view] } || view is not ([] or [null]))
        {
            throw refuse("a tensor refers to a storage in a way that is not known");
        }

        if (!ReferenceEquals(storageClass, _lastClass))
        {
            (_lastClass, _lastType) = (storageClass, ParseStorage(storageClass.Name));
        }

        var storageType = _lastType;
        var size = storageType.ElementByteSize();
        if (count < 0 || count > long.MaxValue / size)
        {
            throw refuse($"a storage has {count} elements");
        }

        var region = storages.Get(key as string ?? (key as long?)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? throw refuse("a storage has no key"), count * size);
        return (region, storageType);
    }

    private ScalarType ParseStorage(string className)
    {
        var storageName = className[(className.LastIndexOf('.') + 1)..];
        if (!className.StartsWith(PickledTypes, StringComparison.Ordinal))
        {
            throw refuse($"a tensor has a storage of the class {className}");
        }

        return storageName is "UntypedStorage" ? ScalarType.Byte
            : TorchType.TryParse(storageName, out var known) ? known
            : throw refuse($"a tensor has the type {storageName.Replace("Storage", string.Empty, StringComparison.Ordinal)}, which TorchSharp does not have");
    }

    private TensorData Build(FileRegion region, ScalarType type, long offset, long[] shape, long[] strides)
    {
        try
        {
            var tensor = loader.Place(region, path, type, shape, strides, offset);
            return tensor.ElementCount / MaxRepetition > tensor.Extent
                ? throw refuse($"a tensor of shape [{string.Join(", ", shape)}] repeats {tensor.Extent} elements")
                : tensor;
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw refuse($"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset} does not fit its storage of {region.ByteLength} bytes");
        }
    }

    private ScalarType ParseType(string name) => name switch
    {
        "torch.uint8" => ScalarType.Byte,
        "torch.int8" => ScalarType.Int8,
        "torch.int16" => ScalarType.Int16,
        "torch.int32" => ScalarType.Int32,
        "torch.int64" => ScalarType.Int64,
        "torch.float16" => ScalarType.Float16,
        "torch.float32" => ScalarType.Float32,
        "torch.float64" => ScalarType.Float64,
        "torch.bfloat16" => ScalarType.BFloat16,
        "torch.bool" => ScalarType.Bool,
        "torch.complex64" => ScalarType.ComplexFloat32,
        "torch.complex128" => ScalarType.ComplexFloat64,
        _ => throw refuse($"a tensor has the type {name}, which TorchSharp does not have"),
    };

    private long[] Sizes(object? value)
    {
        var items = value switch
        {
            PickleTuple tuple => tuple.Items,
            PickleObject { Callable.Name: "torch.Size", Arguments.Items: [PickleTuple tuple] } => tuple.Items,
            PickleList list => [.. list.Items],
            _ => throw refuse("a tensor has sizes that are no tuple"),
        };
        if (items.Length > MaxDimensions)
        {
            throw refuse($"a tensor has {items.Length} dimensions");
        }

        return Array.ConvertAll(items, item => item is long size and >= 0 ? size : throw refuse($"a tensor has a size of {item ?? "None"}"));
    }
}
