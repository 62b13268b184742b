using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Divides a state among processes, and a part among its files.</summary>
/// <remarks>
/// Tensors that share memory stay together. Tensors that are the same in all processes (those of model and optimizers that change only
/// in steps, see <see cref="TensorStability"/>) are shared out evenly by size; all others are in the part of rank 0. The random number
/// state of each process is in its own part.
/// </remarks>
internal static class ShardPlan
{
    /// <summary>The key of the tree in the state file of the first part.</summary>
    public const string Tree = "#tree";

    /// <summary>The key of the fingerprint of the division, the same in all files of a checkpoint.</summary>
    public const string Plan = "#plan";

    private const string RandomStates = $"{CheckpointKeys.Fulgurite}.rng.ranks";
    private const string WeightsPrefix = CheckpointKeys.StateDict + ".";

    /// <summary>Returns the tree of a state, in which references replace the tensors of other parts.</summary>
    /// <param name="state">The state.</param>
    /// <param name="number">The number of the part, from one.</param>
    /// <param name="count">The number of parts.</param>
    public static TrainingState Divide(TrainingState state, int number, int count)
    {
        var layout = StorageLayout.Of(state);
        var isWeight = Find(CheckpointKeys.StateDict, state, layout);
        var owners = Assign(layout, isWeight, Find(CheckpointKeys.OptimizerStates, state, layout), count);
        if (state.Find(RandomStates) is StateList random && random.Count == count)
        {
            for (var rank = 0; rank < count; rank++)
            {
                owners[layout[(TensorData)random[rank]].Piece] = rank;
            }
        }

        var references = new Dictionary<(bool, int), StateObject>();
        return new TrainingState((StateMap)ShardTree.Replace(state.Root, leaf =>
        {
            var piece = layout[(TensorData)leaf].Piece;
            if (owners[piece] + 1 == number)
            {
                return leaf;
            }

            ref var reference = ref CollectionsMarshal.GetValueRefOrAddDefault(references, (isWeight[piece], owners[piece]), out _);
            return reference ??= new ShardReference(Kind(isWeight[piece]), owners[piece] + 1, string.Empty).ToValue();
        }));
    }

    /// <summary>Returns the states of the two files of a part: the weights, and the rest. Null where there is nothing to write.</summary>
    /// <param name="part">The part; its tensors are referenced.</param>
    /// <param name="number">The number of the part, from one.</param>
    public static (TrainingState? Model, TrainingState? State) Split(TrainingState part, int number)
    {
        var layout = StorageLayout.Of(part);
        var isWeight = Find(CheckpointKeys.StateDict, part, layout);
        var (model, rest) = (new StateMap(), new StateMap());
        var references = new Queue<StateObject>();
        var names = new HashSet<string>(StringComparer.Ordinal) { Tree, Plan };
        var plan = new XxHash128();
        foreach (var (path, leaf) in ShardTree.Leaves(part.Root))
        {
            var reference = ShardReference.Of(leaf);
            var kind = reference?.Kind ?? Kind(isWeight[layout[(TensorData)leaf].Piece]);
            var name = Unused(
                kind == PartName.Model && path.StartsWith(WeightsPrefix, StringComparison.Ordinal) ? path[WeightsPrefix.Length..] : path,
                names);
            reference = new ShardReference(kind, reference?.Number ?? number, name);
            references.Enqueue(reference.ToValue());
            plan.Append(MemoryMarshal.AsBytes($"{reference.Kind} {reference.Number} {name}\n".AsSpan()));
            if (leaf is TensorData tensor)
            {
                (kind == PartName.Model ? model : rest).Add(name, tensor);
            }
        }

        if (number == 1)
        {
            rest.Add(Tree, ShardTree.Replace(part.Root, _ => references.Dequeue()));
        }

        var fingerprint = Convert.ToHexStringLower(plan.GetCurrentHash());
        return (Seal(model, fingerprint), Seal(rest, fingerprint));
    }

    /// <summary>Returns the tree and the fingerprint in the state file of the first part.</summary>
    /// <exception cref="FormatException">It lacks one of them.</exception>
    public static (StateMap Tree, StateValue Plan) Read(TrainingState first) =>
        first.Root.TryGetValue(Tree, out var found) && found is StateMap tree && first.Root.TryGetValue(Plan, out var plan)
            ? (tree, plan)
            : throw new FormatException("its first part contains no tree");

    /// <summary>Returns whether a file is a part of the save with a fingerprint.</summary>
    public static bool IsOf(TrainingState file, StateValue plan) => file.Root.TryGetValue(Plan, out var found) && plan.Equals(found);

    private static TrainingState? Seal(StateMap root, string fingerprint)
    {
        if (root.Count == 0)
        {
            return null;
        }

        root.Add(Plan, fingerprint);
        return TrainingState.Captured(root);
    }

    private static string Kind(bool isWeight) => isWeight ? PartName.Model : PartName.State;

    /// <summary>Returns, for each piece of memory, whether it contains tensors below a key of the state.</summary>
    private static bool[] Find(string key, TrainingState state, StorageLayout layout)
    {
        var found = new bool[layout.Pieces.Count];
        if (state.Root.TryGetValue(key, out var node))
        {
            foreach (var tensor in StateWalk.Collect(node))
            {
                found[layout[tensor].Piece] = true;
            }
        }

        return found;
    }

    /// <summary>
    /// Returns the owner of each piece of memory: from the largest to the smallest, each goes to the part with the least. The weights come
    /// first, so that they are shared out evenly too.
    /// </summary>
    private static int[] Assign(StorageLayout layout, bool[] isWeight, bool[] isOfOptimizer, int count)
    {
        var owners = new int[layout.Pieces.Count];
        var loads = new long[count];
        var shared = new List<int>(owners.Length);
        for (var piece = 0; piece < owners.Length; piece++)
        {
            if ((isWeight[piece] || isOfOptimizer[piece])
                && layout.Pieces[piece].Tensors.All(tensor => tensor.Stability != TensorStability.Volatile))
            {
                shared.Add(piece);
            }
            else
            {
                loads[0] += layout.Pieces[piece].ByteLength;
            }
        }

        foreach (var piece in shared.OrderByDescending(piece => isWeight[piece]).ThenByDescending(piece => layout.Pieces[piece].ByteLength))
        {
            var owner = Array.IndexOf(loads, loads.Min());
            owners[piece] = owner;
            loads[owner] += layout.Pieces[piece].ByteLength;
        }

        return owners;
    }

    private static string Unused(string name, HashSet<string> names)
    {
        var unused = name;
        for (var number = 2; !names.Add(unused); number++)
        {
            unused = $"{name}#{number.ToString(CultureInfo.InvariantCulture)}";
        }

        return unused;
    }
}
