using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Loads a sharded checkpoint: its tree, and from each file only the selected tensors.</summary>
/// <param name="index">The index.</param>
/// <param name="open">Opens a file.</param>
/// <param name="parse">Reads an open file.</param>
internal sealed class ShardedLoad(
    ShardIndex index, Func<string, StorageReader> open, Func<StorageReader, LoadOptions, TrainingState> parse)
{
    private readonly Dictionary<(string Kind, int Number), ShardFile> _files = [];

    /// <summary>Loads the checkpoint.</summary>
    /// <exception cref="CheckpointCorruptException">A file is missing, damaged, or not the one that the index names.</exception>
    public TrainingState Load(LoadOptions options)
    {
        foreach (var file in index.Manifest!.Files)
        {
            if (!PartName.TryParseFile(file.Name, out var kind, out var part) || !_files.TryAdd((kind, part.Number), file))
            {
                throw ShardIndex.Corrupt(index.Beside(ShardIndex.FileName), $"it names the file '{file.Name}', which is not a part");
            }
        }

        try
        {
            return LoadKnown(options);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw ShardIndex.Corrupt(index.Beside(ShardIndex.FileName), exception.Message, exception);
        }
    }

    private TrainingState LoadKnown(LoadOptions options)
    {
        var selection = new LoadSelection(options);
        using var first = Parse((PartName.State, 1), new LoadOptions { Verify = options.Verify, Only = [ShardPlan.Tree, ShardPlan.Plan] });
        var (tree, plan) = ShardPlan.Read(first);
        var wanted = ShardTree.References(tree).Select(leaf => new WantedTensor(leaf.Path, leaf.Reference)).ToList();
        if (wanted.DistinctBy(tensor => tensor.Reference).Count() < wanted.Count)
        {
            throw new FormatException("its tree refers to a tensor twice");
        }

        var all = wanted.GroupBy(tensor => (tensor.Reference.Kind, tensor.Reference.Number)).ToDictionary(
            group => group.Key, group => group.Count());
        wanted.RemoveAll(tensor => !selection.Wants(tensor.Path));

        var states = new List<TrainingState>();
        try
        {
            var loaded = new Dictionary<(string Kind, int Number), StateMap>();
            foreach (var group in wanted.GroupBy(tensor => (tensor.Reference.Kind, tensor.Reference.Number)))
            {
                var tensors = group.ToList();
                var state = Parse(group.Key, options with
                {
                    Only = tensors.Count == all[group.Key] ? null : [.. tensors.Select(tensor => tensor.Reference.Name), ShardPlan.Plan],
                    Into = InFile(options.Into, tensors),
                });
                states.Add(state);
                loaded.Add(group.Key, state.Root);
                if (!ShardPlan.IsOf(state, plan))
                {
                    throw new FormatException($"'{_files[group.Key].Name}' is not a part of the same save");
                }
            }

            var copy = (StateMap)ShardTree.Replace(tree, value => Find(loaded, ShardReference.Of(value)!), selection);
            return TrainingState.Captured(copy, () => states.ForEach(state => state.Dispose()));
        }
        catch
        {
            states.ForEach(state => state.Dispose());
            throw;
        }
    }

    /// <summary>Returns the target tensors with the names in a file instead of the paths in the tree.</summary>
    private static Dictionary<string, Tensor>? InFile(IReadOnlyDictionary<string, Tensor>? into, List<WantedTensor> tensors) =>
        into is null
            ? null
            : tensors.Where(tensor => into.ContainsKey(tensor.Path)).ToDictionary(
                tensor => tensor.Reference.Name, tensor => into[tensor.Path], StringComparer.Ordinal);

    private StateValue Find(Dictionary<(string Kind, int Number), StateMap> loaded, ShardReference reference) =>
        loaded[(reference.Kind, reference.Number)].TryGetValue(reference.Name, out var tensor)
            ? tensor
            : throw new FormatException($"'{_files[(reference.Kind, reference.Number)].Name}' lacks the tensor '{reference.Name}'");

    private TrainingState Parse((string Kind, int Number) key, LoadOptions options)
    {
        var file = _files.TryGetValue(key, out var known)
            ? known
            : throw new FormatException($"it lacks the file '{key.Kind}' of part {key.Number}");
        try
        {
            using var reader = open(index.Beside(file.Name));
            PartHeader.Check(reader, file);
            return parse(reader, options);
        }
        catch (CheckpointNotFoundException exception)
        {
            throw ShardIndex.Corrupt(index.Beside(ShardIndex.FileName), $"its file '{file.Name}' does not exist", exception);
        }
    }

    private sealed record WantedTensor(string Path, ShardReference Reference);
}
