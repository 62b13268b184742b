using System.Text;
using Fulgurite.IO.Pickle;
using Fulgurite.State;

namespace Fulgurite.IO.Torch;

/// <summary>Makes values of what <c>torch.save</c> pickles: tensors, ordered dictionaries, sizes, bytes, numbers of NumPy.</summary>
/// <param name="storages">The storages of the file.</param>
/// <param name="offset">Where the pickle is in the file, for messages.</param>
internal sealed class TorchTree(ITorchStorages storages, long offset) : PickleTree(offset)
{
    private readonly TorchTensorBuilder _tensors = new(storages, found => new PickleException(found, offset));

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
            "_codecs.encode" when arguments is [string text, string encoding] && IsLatin(encoding) => Bytes(text),
            "builtins.bytearray" or "__builtin__.bytearray" when arguments is [string text, string encoding] && IsLatin(encoding) => Bytes(text),
            "builtins.bytearray" or "builtins.bytes" or "__builtin__.bytearray" or "__builtin__.bytes" when arguments is [] => new StateBytes(default),
            "builtins.bytearray" when arguments is [byte[] bytes] => new StateBytes(bytes),
            var name when name.StartsWith("torch.", StringComparison.Ordinal) => _tensors.TryBuild(made),
            var name when name.StartsWith("numpy.", StringComparison.Ordinal) => NumpyValue.TryBuild(made),
            _ => null,
        };
    }

    /// <inheritdoc/>
    protected override StateValue ConvertPersistent(PicklePersistent reference) =>
        throw Refuse("it refers to a storage outside of a tensor");

    private StateValue ConvertDictionary(PickleObject made)
    {
        var entries = made.Entries ?? [];
        if (made.Arguments.Items is [PickleList pairs])
        {
            entries = [.. pairs.Items.Select(Pair), .. entries];
        }

        return ConvertEntries(entries);
    }

    private KeyValuePair<object?, object?> Pair(object? item) => item switch
    {
        PickleTuple { Items: [var key, var value] } => KeyValuePair.Create(key, value),
        PickleList { Items: [var key, var value] } => KeyValuePair.Create(key, value),
        _ => throw Refuse("an ordered dictionary is made of something that is no pairs"),
    };

    /// <summary>Lightning keeps hyper-parameters in a dictionary of its own.</summary>
    private static bool IsAttributeDictionary(string name) =>
        name.EndsWith(".AttributeDict", StringComparison.Ordinal)
        && (name.StartsWith("lightning", StringComparison.Ordinal) || name.StartsWith("pytorch_lightning.", StringComparison.Ordinal));

    private static bool IsLatin(string encoding) => encoding is "latin1" or "latin-1" or "iso-8859-1";

    private StateBytes Bytes(string text) =>
        text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? throw Refuse("bytes are written as a text that is not Latin-1") : new StateBytes(Encoding.Latin1.GetBytes(text));
}
