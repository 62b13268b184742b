using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Converts the objects that <c>torch.save</c> pickles: tensors, ordered dictionaries, sizes, bytes, NumPy numbers.</summary>
internal sealed class TorchTree : PickleTree
{
    private readonly TorchTensorBuilder _tensors;

    /// <summary>Creates a converter.</summary>
    /// <param name="storages">The storages of the file.</param>
    /// <param name="loader">The loader that places tensors in memory.</param>
    /// <param name="selection">The values to load.</param>
    /// <param name="offset">The file offset of the pickle, for messages.</param>
    public TorchTree(ITorchStorages storages, RegionLoader loader, LoadSelection selection, long offset)
        : base(selection, offset) => _tensors = new TorchTensorBuilder(storages, loader, Path, Refuse);

    /// <inheritdoc/>
    protected override StateValue? ConvertKnown(PickleObject made)
    {
        var arguments = made.Arguments.Items;
        return made.Callable.Name switch
        {
            "collections.OrderedDict" or "collections.defaultdict" => ConvertDictionary(made),
            var name when IsAttributeDictionary(name) => ConvertDictionary(made),
            "torch.Size" when arguments is [PickleTuple sizes] => ConvertItems(sizes.Items, isTuple: true),
            "torch.Size" when arguments is [PickleList sizes] => ConvertItems(sizes.Items, isTuple: true),
            _ when PickledBytes.TryGet(made) is { } bytes => new StateBytes(bytes),
            var name when name.StartsWith("torch.", StringComparison.Ordinal) => ConvertTensor(made),
            var name when name.StartsWith("numpy.", StringComparison.Ordinal) => NumpyValue.TryBuild(made),
            _ => null,
        };
    }

    /// <inheritdoc/>
    protected override StateValue ConvertPersistent(PicklePersistent reference)
    {
        Path.IsTensor = true;
        var value = _tensors.BuildStorage(reference);
        Path.IsTensor = false;
        return value;
    }

    /// <inheritdoc/>
    protected override StateValue ConvertMade(PickleMade made)
    {
        Path.IsTensor = true;
        var value = made is TorchTensorNode tensor ? _tensors.Build(tensor) : _tensors.BuildStorage(made);
        Path.IsTensor = false;
        return value;
    }

    private StateValue? ConvertTensor(PickleObject made)
    {
        Path.IsTensor = true;
        var value = _tensors.TryBuild(made);
        Path.IsTensor = false;
        return value;
    }

    private StateValue ConvertDictionary(PickleObject made)
    {
        if (made.Arguments.Items is not [PickleList pairs])
        {
            return ConvertEntries(made.Entries ?? PickleEntries.None);
        }

        var entries = new PickleEntries();
        foreach (var (key, value) in pairs.Items.Select(Pair).Concat(made.Entries ?? PickleEntries.None))
        {
            entries.Add([key, value]);
        }

        return ConvertEntries(entries);
    }

    private KeyValuePair<object?, object?> Pair(object? item) => item switch
    {
        PickleTuple { Items: [var key, var value] } => KeyValuePair.Create(key, value),
        PickleList { Items: [var key, var value] } => KeyValuePair.Create(key, value),
        _ => throw Refuse("an ordered dictionary is created from values that are not pairs"),
    };

    /// <summary>Returns true for the dictionary class in which Lightning stores hyper-parameters.</summary>
    private static bool IsAttributeDictionary(string name) =>
        name.EndsWith(".AttributeDict", StringComparison.Ordinal)
        && (name.StartsWith("lightning", StringComparison.Ordinal) || name.StartsWith("pytorch_lightning.", StringComparison.Ordinal));
}
