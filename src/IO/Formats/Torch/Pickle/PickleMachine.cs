using System.Globalization;

namespace Fulgurite.IO;

/// <summary>
/// Reads a pickle of protocol 0 to 5 into nodes. Nothing is called or imported: a call becomes a node that describes it. Opcodes that
/// exist only to run code are rejected, as are names used only by attacks.
/// </summary>
/// <remarks>Memory is bounded: all allocations are charged to a <see cref="PickleBudget"/>.</remarks>
/// <param name="input">The pickle.</param>
/// <param name="maker">Converts frequent references and calls directly; null to create nodes for everything.</param>
internal sealed class PickleMachine(PickleInput input, IPickleMaker? maker = null)
{
    private const int PushCost = 16;

    /// <summary>The approximate memory of an item of a list or of a key or a value, including lists that grow.</summary>
    private const int ItemCost = 40;

    private readonly PickleStack _stack = new(input);
    private readonly PickleBudget _budget = new(input);
    private readonly PickleMemo _memo = new();
    private readonly PickleTuples _tuples = new();
    private readonly PickleRepeats _repeats = new();
    private readonly List<PicklePersistent> _persistents = [];
    private PickleObject? _lastEmpty;

    /// <summary>Gets the persistent references of the pickle.</summary>
    public IReadOnlyList<PicklePersistent> Persistents => _persistents;

    /// <summary>Runs the pickle up to its STOP and returns the result.</summary>
    /// <exception cref="PickleException">The pickle is damaged, or it contains something that is rejected.</exception>
    public object? Run()
    {
        var scalars = new PickleScalars(input, _stack, _budget);
        while (true)
        {
            _budget.Charge(PushCost);
            var opcode = (PickleOpcode)input.ReadByte();
            if (opcode == PickleOpcode.Stop)
            {
                return _stack.Pop();
            }

            if (!scalars.Run(opcode) && !RunContainer(opcode) && !RunObject(opcode))
            {
                throw new PickleException(
                    $"the pickle has the instruction 0x{(byte)opcode:X2}"
                        + $"{(char.IsAsciiLetterOrDigit((char)opcode) ? $" ('{(char)opcode}')" : string.Empty)}, "
                        + "which weight files do not need and which is rejected",
                    input.Offset - 1);
            }
        }
    }

    private bool RunContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                if (maker is null || !TryRepeat(maker))
                {
                    _stack.Mark();
                }

                return true;
            case PickleOpcode.Pop:
                _stack.Pop();
                return true;
            case PickleOpcode.PopMark:
                _stack.DropToMark();
                return true;
            case PickleOpcode.Duplicate:
                PushAgain(_stack.Peek());
                return true;
            case PickleOpcode.EmptyTuple:
                _stack.Push(PickleTuple.Empty);
                return true;
            case PickleOpcode.Tuple:
                if (maker is null || !TryMake(maker))
                {
                    PushNode(Hold(new PickleTuple(TakeToMark())));
                }

                return true;
            case PickleOpcode.Tuple1:
            case PickleOpcode.Tuple2:
            case PickleOpcode.Tuple3:
                var count = opcode - PickleOpcode.Tuple1 + 1;
                var tuple = _tuples.Of(_stack.Last(count));
                _stack.Drop(count);
                PushNode(Hold(tuple));
                return true;
            case PickleOpcode.EmptyList:
                PushNode(new PickleList());
                return true;
            case PickleOpcode.List:
                var members = TakeToMark();
                PushNode(new PickleList());
                AddItems(members);
                return true;
            case PickleOpcode.EmptyDictionary:
                PushNode(new PickleDictionary());
                return true;
            case PickleOpcode.Dictionary:
                var entries = TakeToMark();
                PushNode(new PickleDictionary());
                SetItems(entries);
                return true;
            case PickleOpcode.Append:
                AddItems([_stack.Pop()]);
                return true;
            case PickleOpcode.Appends:
            case PickleOpcode.AddItems:
                AddItems(TakeToMark());
                return true;
            case PickleOpcode.SetItem:
                var value = _stack.Pop();
                SetItems([_stack.Pop(), value]);
                return true;
            case PickleOpcode.SetItems:
                SetItems(TakeToMark());
                return true;
            case PickleOpcode.EmptySet:
                PushNode(new PickleObject(new PickleGlobal("builtins.set"), PickleTuple.Empty, isInstance: false));
                return true;
            case PickleOpcode.FrozenSet:
                var items = new PickleList();
                items.AddRange(TakeToMark());
                PushNode(new PickleObject(new PickleGlobal("builtins.frozenset"), new PickleTuple([items]), isInstance: false));
                return true;
            default:
                return false;
        }
    }

    private bool RunObject(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Protocol:
                var protocol = input.ReadByte();
                return protocol <= 5
                    ? true
                    : throw new PickleException(
                        $"the pickle has protocol {protocol}; 5 is the highest supported protocol", input.Offset - 1);
            case PickleOpcode.Frame:
                input.CheckFrame();
                return true;
            case PickleOpcode.Global:
                var module = PickleText.TryDecode(input.ReadLine());
                PushGlobal(module, PickleText.TryDecode(input.ReadLine()));
                return true;
            case PickleOpcode.StackGlobal:
                var name = _stack.Pop<string>("a text");
                PushGlobal(_stack.Pop<string>("a text"), name);
                return true;
            case PickleOpcode.Reduce:
            case PickleOpcode.NewObject:
                var arguments = _stack.Pop<PickleTuple>("a tuple of arguments");
                PushNode(Make(arguments, opcode == PickleOpcode.NewObject));
                return true;
            case PickleOpcode.NewObjectWithKeywords:
                var keywords = _stack.Pop<PickleDictionary>("a dictionary of keywords");
                var positional = _stack.Pop<PickleTuple>("a tuple of arguments");
                var made = new PickleTuple([.. positional.Items, keywords]);
                _budget.Charge(16L * made.Items.Length);
                PushNode(new PickleObject(_stack.Pop<PickleGlobal>("the name of a class"), made, isInstance: true));
                return true;
            case PickleOpcode.Build:
                var state = _stack.Pop();
                Build(state);
                return true;
            case PickleOpcode.BinaryPersistentId:
                PushPersistent(_stack.Pop());
                return true;
            case PickleOpcode.Get:
                PushMemo(ReadDecimal());
                return true;
            case PickleOpcode.BinaryGet:
                PushMemo(input.ReadByte());
                return true;
            case PickleOpcode.LongBinaryGet:
                PushMemo(input.ReadUInt32());
                return true;
            case PickleOpcode.Put:
                Memorise(ReadDecimal());
                return true;
            case PickleOpcode.BinaryPut:
                Memorise(input.ReadByte());
                return true;
            case PickleOpcode.LongBinaryPut:
                Memorise(input.ReadUInt32());
                return true;
            case PickleOpcode.Memoize:
                Memorise(_memo.Count);
                return true;
            default:
                return false;
        }
    }

    private PickleObject Make(PickleTuple arguments, bool isInstance)
    {
        if (_stack.Peek() is not PickleObject nested || !IsNestedClass(nested))
        {
            return MakeOf(_stack.Pop<PickleGlobal>("the name of a class or function"), arguments, isInstance);
        }

        // This protocol cannot name a nested class, which is pickled as a getattr call on the outer class. The node names a Python function
        // with the same effect, so that Python can read the state once it is saved again.
        _stack.Pop();
        _budget.Charge(16L * arguments.Items.Length);
        return new PickleObject(
            new PickleGlobal(isInstance ? "copyreg.__newobj__" : "operator.call"), new PickleTuple([nested, .. arguments.Items]),
            isInstance: false);
    }

    /// <summary>
    /// Describes a call. One without arguments that goes straight into a tuple stays as it is, so equal ones share a node: PyTorch pickles
    /// an empty dictionary of hooks with each tensor.
    /// </summary>
    private PickleObject MakeOf(PickleGlobal callable, PickleTuple arguments, bool isInstance)
    {
        if (arguments != PickleTuple.Empty || isInstance || (PickleOpcode)input.Peek() != PickleOpcode.Tuple)
        {
            return new PickleObject(callable, arguments, isInstance);
        }

        if (!ReferenceEquals(_lastEmpty?.Callable, callable))
        {
            _lastEmpty = new PickleObject(callable, arguments, isInstance);
        }

        return _lastEmpty!;
    }

    private static bool IsNestedClass(PickleObject made) =>
        made is { Callable.Name: "builtins.getattr" or "__builtin__.getattr", IsInstance: false, Arguments.Items: [var outer, string name] }
        && !name.StartsWith('_')
        && (outer is PickleGlobal || (outer is PickleObject nested && IsNestedClass(nested)));

    private void Build(object? state)
    {
        switch (_stack.Peek())
        {
            case PickleObject made:
                Hold(made, state);
                made.State = made.State is null ? state : new PickleTuple([made.State, state]);
                _budget.Charge(PickleBudget.Node);
                break;
            case PickleDictionary or PickleList or PicklePersistent or PickleMade:
                // Attributes of a container, such as _metadata of a state_dict, are not part of a state.
                break;
            default:
                throw _stack.Broken("gives a state to something that has none");
        }
    }

    private void AddItems(object?[] items)
    {
        _budget.Charge(ItemCost * (long)items.Length);
        Hold(_stack.Peek() as PickleNode, items);
        switch (_stack.Peek())
        {
            case PickleList list:
                list.AddRange(items);
                break;
            case PickleObject made:
                (made.Items ??= []).AddRange(items);
                break;
            default:
                throw _stack.Broken("appends to a value that is not a list");
        }
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
        {
            throw _stack.Broken("sets a key without a value");
        }

        _budget.Charge(ItemCost * (items.Length + 1L));
        Hold(_stack.Peek() as PickleNode, items);
        switch (_stack.Peek())
        {
            case PickleDictionary dictionary:
                dictionary.Add(items);
                break;
            case PickleObject made:
                (made.Entries ??= new PickleEntries()).Add(items);
                break;
            default:
                throw _stack.Broken("sets a key of a value that is not a dictionary");
        }
    }

    private PickleTuple Hold(PickleTuple tuple)
    {
        Hold(tuple, tuple.Items);
        return tuple;
    }

    /// <summary>Rejects deep nesting as soon as it occurs.</summary>
    private void Hold(PickleNode? holder, params ReadOnlySpan<object?> items)
    {
        foreach (var item in items)
        {
            if (holder is not null && !holder.TryHold(item))
            {
                throw new PickleException($"the pickle nests values more than {PickleLimits.MaxDepth} levels deep", input.Offset);
            }
        }
    }

    private void PushNode(PickleNode node)
    {
        _budget.Charge(node is PickleDictionary or PickleObject ? PickleBudget.Dictionary : PickleBudget.Node);
        _stack.Push(node);
    }

    private object?[] TakeToMark()
    {
        var items = _stack.AboveMark.ToArray();
        _stack.DropToMark();
        return items;
    }

    /// <summary>Passes a tuple straight to the opcode after it, without allocating it, if the format handles that call.</summary>
    private bool TryMake(IPickleMaker known)
    {
        var next = (PickleOpcode)input.Peek();
        var callable = next == PickleOpcode.Reduce ? _stack.PeekBelowMark<PickleGlobal>() : null;
        var made = next == PickleOpcode.BinaryPersistentId ? known.TryRefer(_stack.AboveMark)
            : callable is not null ? known.TryCall(callable, _stack.AboveMark)
            : null;
        if (made is null)
        {
            return false;
        }

        input.ReadByte();
        if (callable is not null)
        {
            _repeats.Remember(input.Since(_stack.LastMarkOffset), callable, made, _memo.Replacements);
        }

        _stack.DropToMark();
        if (callable is not null)
        {
            _stack.Pop();
        }

        PushNode(made);
        return true;
    }

    /// <summary>Makes the result of a call, at its first mark, whose pickle equals that of a recent call except for a number.</summary>
    private bool TryRepeat(IPickleMaker known)
    {
        if (!_repeats.TryFind(
            input.Buffered, _stack.PeekAtTop<PickleGlobal>(), _memo.Replacements, out var made, out var number, out var length)
            || known.TryRepeat(made, number) is not { } again)
        {
            return false;
        }

        input.Skip(length);
        _stack.Pop();
        PushNode(again);
        return true;
    }

    private void PushPersistent(object? id)
    {
        if (id is PickleTuple { Items: ["module", PickleGlobal global, ..] })
        {
            // Old torch files refer to module classes this way, together with their source code.
            _stack.Push(global);
            return;
        }

        var reference = new PicklePersistent(id);
        _persistents.Add(reference);
        PushNode(reference);
    }

    private void PushAgain(object? value)
    {
        if (value is PickleNode node && node != PickleTuple.Empty)
        {
            node.IsShared = true;
        }

        _stack.Push(value);
    }

    private void PushGlobal(string? module, string? name)
    {
        if (string.IsNullOrEmpty(module) || string.IsNullOrEmpty(name))
        {
            throw _stack.Broken("names a class that has no name");
        }

        if (PickleRefusals.IsRefused(module, name))
        {
            throw new PickleException(
                $"the pickle names {module}.{name}, which weight files do not need and which is used in attacks", input.Offset);
        }

        _budget.Charge(2L * (module.Length + name.Length));
        PushNode(new PickleGlobal($"{module}.{name}"));
    }

    private long ReadDecimal() =>
        long.TryParse(input.ReadLine(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw _stack.Broken("refers to a memo index that is not a number");

    private void PushMemo(long place) =>
        PushAgain(_memo.TryGetValue(place, out var value) ? value : throw _stack.Broken($"refers to the unused memo index {place}"));

    private void Memorise(long place)
    {
        _budget.Charge(64);
        _memo.Put(place, _stack.Peek());
    }
}
