using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Creates tensors from the calls that PyTorch pickles for them.</summary>
internal sealed class TorchTensorBuilder(ITorchStorages storages, RegionLoader loader, StatePath path, Func<string, PickleException> refuse)
{
    /// <summary>The function that PyTorch calls to rebuild a tensor.</summary>
    public const string Rebuild = "torch._utils._rebuild_tensor_v2";

    private const int MaxDimensions = 64;

    /// <summary>The maximum ratio of elements to storage for a tensor with repeated elements; larger ratios indicate an attack.</summary>
    private const long MaxRepetition = 1L << 20;

    private const string PickledTypes = "torch.";
    private const int MaxTypeLength = 64;

    /// <summary>The class of the last storage: a pickle names a class once and refers to it afterwards.</summary>
    private PickleGlobal? _lastClass;
    private ScalarType _lastType;

    /// <summary>The last sizes, since consecutive tensors usually have equal shapes.</summary>
    private (PickleTuple? Tuple, long[] Sizes) _lastShape = (null, []);
    private (PickleTuple? Tuple, long[] Sizes) _lastStrides = (null, []);
    private TorchTensorForm? _lastForm;

    /// <summary>Creates the tensor of a call, without elements if TorchSharp lacks the type; returns null for other calls.</summary>
    public StateValue? TryBuild(PickleObject made) => TryBuild(made.Callable.Name, made.Arguments.Items);

    /// <summary>Creates a tensor.</summary>
    public TensorData Build(TorchTensorNode tensor)
    {
        var form = tensor.Form;
        if (!ReferenceEquals(form, _lastForm))
        {
            _lastForm = form;
            (_lastShape, _lastStrides) = ((form.Shape, Sizes(form.Shape, "size")), (form.Strides, Sizes(form.Strides, "stride")));
        }

        var (region, type) = FindStorage(form.StorageClass, tensor.Key, form.Count);
        return Build(region, type, form.Offset, _lastShape.Sizes, _lastStrides.Sizes);
    }

    /// <summary>Creates a one-dimensional tensor from a storage without a tensor.</summary>
    public TensorData BuildStorage(PickleNode reference)
    {
        var (region, type) = FindStorage(reference);
        return Build(region, type, 0, [region.ByteLength / type.ElementByteSize()], [1]);
    }

    private StateValue? TryBuild(string name, object?[] arguments) => name switch
    {
        "torch._utils._rebuild_tensor" when arguments is [PickleNode storage, long offset, var shape, var strides] => Build(
            storage, null, offset, shape, strides),
        Rebuild when arguments is [PickleNode storage, long offset, var shape, var strides, ..] => Build(
            storage, null, offset, shape, strides),
        "torch._utils._rebuild_tensor_v3" when arguments is
        [
            PickleNode storage, long offset, var shape, var strides, _, _, PickleGlobal type, ..,
        ] =>
            TryParseType(type.Name) is { } known
                ? Build(storage, known, offset, shape, strides)
                : BuildUnsupported(storage, type.Name, shape),
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" when arguments is [TorchTensorNode data, ..] =>
            Build(data),
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" when arguments is [PickleObject data, ..] =>
            TryBuild(data),
        "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" when arguments is
        [
            PickleGlobal function, _, PickleTuple inner, ..,
        ] =>
            TryBuild(function.Name, inner.Items),
        _ => null,
    };

    private TensorData Build(PickleNode reference, ScalarType? type, long offset, object? shape, object? strides)
    {
        var (region, storageType) = FindStorage(reference);
        return Build(region, type ?? storageType, offset, Sizes(shape, "size", ref _lastShape), Sizes(strides, "stride", ref _lastStrides));
    }

    private UnsupportedTensor BuildUnsupported(PickleNode reference, string type, object? shape) =>
        type.StartsWith(PickledTypes, StringComparison.Ordinal) && type.Length < MaxTypeLength
            ? new UnsupportedTensor(type, Sizes(shape, "size"), FindStorage(reference).Region.ByteLength)
            : throw refuse($"a tensor has the type {type}, which PyTorch does not have");

    private (FileRegion Region, ScalarType Type) FindStorage(PickleNode reference)
    {
        var storage = reference as TorchStorageNode
            ?? ((reference as PicklePersistent)?.Id is PickleTuple id ? TorchStorageNode.TryMake(id.Items) : null)
            ?? throw refuse("a tensor refers to a storage in an unknown way");
        return FindStorage(storage.StorageClass, storage.Key, storage.Count);
    }

    private (FileRegion Region, ScalarType Type) FindStorage(PickleGlobal storageClass, StateKey key, long count)
    {
        if (!ReferenceEquals(storageClass, _lastClass))
        {
            (_lastClass, _lastType) = (storageClass, ParseStorage(storageClass.Name));
        }

        var storageType = _lastType;
        var size = storageType.ElementByteSize();
        return count >= 0 && count <= long.MaxValue / size
            ? (storages.Get(key, count * size), storageType)
            : throw refuse($"a storage has {count} elements");
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
            : throw refuse(
                $"a tensor has the type {storageName.Replace("Storage", string.Empty, StringComparison.Ordinal)}, "
                    + "which TorchSharp does not have");
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
            throw refuse(
                $"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset} does not fit "
                    + $"its storage of {region.ByteLength} bytes");
        }
    }

    private static ScalarType? TryParseType(string name) => name switch
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
        _ => null,
    };

    private long[] Sizes(object? value, string what, ref (PickleTuple? Tuple, long[] Sizes) last)
    {
        if (value is not PickleTuple tuple)
        {
            return Sizes(value, what);
        }

        if (!ReferenceEquals(tuple, last.Tuple))
        {
            _lastForm = null;
            last = (tuple, Sizes(tuple, what));
        }

        return last.Sizes;
    }

    private long[] Sizes(object? value, string what)
    {
        var items = value switch
        {
            PickleTuple tuple => tuple.Items,
            PickleObject { Callable.Name: "torch.Size", Arguments.Items: [PickleTuple tuple] } => tuple.Items,
            PickleList list => [.. list.Items],
            _ => throw refuse($"a tensor has {what}s that are not a tuple"),
        };
        if (items.Length > MaxDimensions)
        {
            throw refuse($"a tensor has {items.Length} dimensions");
        }

        return Array.ConvertAll(
            items, item => item is long size and >= 0 ? size : throw refuse($"a tensor has a {what} of {item ?? "None"}"));
    }
}

/// <summary>Converts the usual forms of storages and tensors; <see cref="TorchTensorBuilder"/> handles the rare ones.</summary>
internal sealed class TorchMaker : IPickleMaker
{
    /// <summary>The function that rebuilds a tensor: a pickle names it once and refers to it afterwards.</summary>
    private PickleGlobal? _rebuild;

    public PickleMade? TryRefer(ReadOnlySpan<object?> id) => TorchStorageNode.TryMake(id);

    public PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments)
    {
        if (!ReferenceEquals(callable, _rebuild))
        {
            if (callable.Name != TorchTensorBuilder.Rebuild)
            {
                return null;
            }

            _rebuild = callable;
        }

        return arguments is [TorchStorageNode storage, long offset, PickleTuple shape, PickleTuple strides, ..]
            ? new TorchTensorNode(new TorchTensorForm(storage.StorageClass, storage.Count, offset, shape, strides), storage.Key)
            : null;
    }

    public PickleMade? TryRepeat(PickleMade made, long number) =>
        made is TorchTensorNode tensor ? new TorchTensorNode(tensor.Form, number) : null;
}
