using System.Globalization;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The content of a checkpoint: an ordered tree of scalars, strings, lists, maps and tensors. A live state references the tensors of the
/// training in place. A captured or loaded state owns its memory and is read-only.
/// </summary>
/// <remarks>
/// A captured state is reference-counted: each <see cref="Share"/> requires one more <see cref="Dispose"/>, and the last one frees the
/// memory. Disposing a live state does not affect the tensors.
/// </remarks>
public sealed class TrainingState : IDisposable
{
    private readonly SharedOwner? _owner;
    private int _disposed;

    /// <summary>Initializes an empty live state.</summary>
    public TrainingState()
        : this(new StateMap())
    {
    }

    /// <summary>Initializes a live state from a map.</summary>
    /// <param name="root">The root of the tree.</param>
    public TrainingState(StateMap root)
    {
        ArgumentNullException.ThrowIfNull(root);
        Root = root;
    }

    private TrainingState(StateMap root, SharedOwner owner)
    {
        Root = root;
        _owner = owner;
    }

    /// <summary>Gets the root of the tree.</summary>
    public StateMap Root { get; }

    /// <summary>Gets a value that indicates whether the state owns its memory and is read-only.</summary>
    public bool IsCaptured => _owner is not null;

    /// <summary>Gets or sets a top-level value.</summary>
    /// <param name="key">The key, such as <c>state_dict</c>.</param>
    public StateValue this[string key]
    {
        get => Root[key];
        set => Root[key] = value;
    }

    /// <summary>Creates a captured state from a tree whose tensors own their memory.</summary>
    /// <param name="root">The root of the tree, which becomes read-only.</param>
    /// <param name="release">Frees the memory after the last use of the state; null to leave it to the garbage collector.</param>
    /// <exception cref="NotSupportedException">The tree is nested too deeply because it contains itself.</exception>
    public static TrainingState Captured(StateMap root, Action? release = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        Freeze(root, 0);
        return new TrainingState(root, new SharedOwner(release));
    }

    /// <summary>Adds a reference to a captured state and its memory.</summary>
    /// <exception cref="InvalidOperationException">The state is live and does not own its memory.</exception>
    public TrainingState Share()
    {
        if (_owner is null)
        {
            throw new InvalidOperationException("A live state cannot be shared: its tensors may change. Only a captured state can.");
        }

        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _owner.Add();
        return new TrainingState(Root, _owner);
    }

    /// <summary>
    /// Returns a captured copy with its own memory. Shared memory stays shared. Copies synchronously on the calling thread.
    /// </summary>
    public TrainingState Copy() => StateCopy.Of(this);

    /// <summary>Returns the value at a path, or null if there is none.</summary>
    /// <param name="path">
    /// Keys and indexes separated by dots, such as <c>optimizer_states.0.state.3.exp_avg</c>. Keys that contain dots
    /// (<c>state_dict.layer1.weight</c>) are found too.
    /// </param>
    public StateValue? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Find(Root, path);
    }

    /// <summary>Returns all tensors with their paths, in tree order.</summary>
    public IEnumerable<KeyValuePair<string, TensorData>> Tensors() => StateWalk.Tensors(Root, string.Empty);

    /// <summary>Adds a reference to the same memory with a separate, writable tree, for hooks that adapt a loaded state.</summary>
    internal TrainingState Edit()
    {
        // A live tree may contain itself, which Collect refuses and Copy does not.
        var root = (StateMap)(IsCaptured ? StateWalk.Copy(Root) : StateWalk.Replace(Root, StateWalk.Collect(Root)));
        if (_owner is null)
        {
            return new TrainingState(root);
        }

        _owner.Add();
        return new TrainingState(root, _owner);
    }

    /// <summary>Releases this reference to the state. Further calls have no effect.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _owner?.Remove();
        }
    }

    private static StateValue? Find(StateValue node, string path)
    {
        if (path.Length == 0)
        {
            return node;
        }

        // Longest key first: the keys of a state_dict contain dots.
        for (var end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
        {
            var rest = end == path.Length ? string.Empty : path[(end + 1)..];
            if (Child(node, path[..end]) is { } child && Find(child, rest) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static StateValue? Child(StateValue node, string key)
    {
        var isNumber = long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        return node switch
        {
            StateMap map when map.TryGetValue(key, out var value) => value,
            StateMap map when isNumber && map.TryGetValue(number, out var value) => value,
            StateList list when isNumber && number >= 0 && number < list.Count => list[(int)number],
            _ => null,
        };
    }

    private static void Freeze(StateValue node, int depth)
    {
        StateWalk.ThrowIfTooDeep(depth);
        switch (node)
        {
            case StateMap map:
                var isConstant = true;
                foreach (var (_, value) in map)
                {
                    Freeze(value, depth + 1);
                    isConstant &= value is not (StateMap or StateList or StateObject or StateBytes);
                }

                map.Freeze(isConstant);

                break;
            case StateList list:
                list.Freeze();
                foreach (var value in list)
                {
                    Freeze(value, depth + 1);
                }

                break;
            case StateObject placeholder:
                Freeze(placeholder.Arguments, depth + 1);
                Freeze(placeholder.State, depth + 1);
                Freeze(placeholder.Items, depth + 1);
                break;
            default:
                break;
        }
    }

    private sealed class SharedOwner(Action? release)
    {
        private int _users = 1;

        public void Add() => Interlocked.Increment(ref _users);

        public void Remove()
        {
            if (Interlocked.Decrement(ref _users) == 0)
            {
                release?.Invoke();
            }
        }
    }
}

/// <summary>Copies a state synchronously on one thread.</summary>
internal static class StateCopy
{
    public static TrainingState Of(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        var pieces = layout.Pieces.Select(Copy).ToList();
        var tensors = StateWalk.Collect(state.Root).Select(
            tensor => tensor.In(pieces[layout[tensor].Piece], layout[tensor].Offset)).ToList();
        return TrainingState.Captured((StateMap)StateWalk.Replace(state.Root, tensors), () => pieces.ForEach(piece => piece.Dispose()));
    }

    private static unsafe HostTensorStorage Copy(StoragePiece piece)
    {
        var copy = new HostTensorStorage(piece.ByteLength);
        Buffer.MemoryCopy((void*)piece.Address, (void*)copy.Address, piece.ByteLength, piece.ByteLength);
        GC.KeepAlive(piece);
        return copy;
    }
}
