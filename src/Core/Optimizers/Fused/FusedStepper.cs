using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The steps of one fused optimizer: gathers what is to be changed, cuts it into chunks, and runs them on libtorch's threads.</summary>
/// <remarks>Chunks depend on the parameters alone, and every element is computed by itself: the number of threads never changes a result.</remarks>
/// <param name="name">The name of the optimizer, for messages.</param>
/// <param name="rule">How it steps.</param>
/// <param name="groups">Returns the groups of the optimizer.</param>
/// <param name="stateOf">The state of a parameter.</param>
internal sealed unsafe class FusedStepper(string name, FusedRule rule, Func<IList<ParamGroup>> groups, Func<Parameter, OptimizerState> stateOf) : IDisposable
{
    /// <summary>The elements of a chunk: enough that claiming one costs nothing, few enough that threads end together.</summary>
    private const int ChunkElements = 1 << 16;

    /// <summary>Up to here one thread is done before another one wakes up, in elements.</summary>
    private const long AloneElements = 1 << 14;

    private readonly List<FusedEntry> _entries = [];
    private readonly OperatorStep _operators = new(rule);
    private readonly Dictionary<Tensor, FusedEntry> _byParameter = new(ReferenceEqualityComparer.Instance);
    private readonly List<Chunk> _chunks = [];
    private readonly List<Tensor> _temporaries = [];
    private readonly List<(Tensor Target, Tensor Source)> _writeBacks = [];
    private readonly Dictionary<nint, (nint Target, long Length)> _copies = [];
    private readonly List<nint> _made = [];
    private Dictionary<nint, long>? _places;
    private Action? _copied;
    private Item[] _items = [];
    private int _itemCount;
    private int _groupCount = -1;
    private int _nextChunk;
    private double[] _sums = [];
    private bool _isSumming;
    private long _elements;

    /// <summary>Gets or sets whether parameters on the CPU are stepped as those on other devices; for tests on machines without any.</summary>
    public bool PrefersOperators { get; set; }

    /// <summary>Steps once.</summary>
    /// <param name="closure">Computes the loss; null for none.</param>
    /// <param name="otherDevice">Steps where neither the kernel nor the operators of libtorch do.</param>
    public Tensor Step(Func<Tensor>? closure, Action otherDevice)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using var grad = enable_grad();
            loss = closure();
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        ReadGroups();
        if (PrefersOperators || _entries.Exists(static entry => !entry.IsOnCpu))
        {
            CopyNow();
            if (!_operators.TryStep(_entries))
            {
                otherDevice();
            }

            return loss!;
        }

        try
        {
            Gather();
            Run();
            _made.ForEach(source => _copies.Remove(source));
            foreach (var (target, source) in _writeBacks)
            {
                target.copy_(source);
            }

            for (var index = 0; index < _itemCount; index++)
            {
                TorchNative.CountChange(_items[index].Entry.Parameter);
            }
        }
        finally
        {
            Array.Clear(_items, 0, _itemCount);
            _itemCount = 0;
            rule.GradientScale = 1;
            _made.Clear();
            _chunks.Clear();
            _writeBacks.Clear();
            _temporaries.ForEach(tensor => tensor.Dispose());
            _temporaries.Clear();
        }

        return loss!;
    }

    /// <summary>Gets the number of parameters.</summary>
    public int ParameterCount
    {
        get
        {
            ReadGroups();
            return _entries.Count;
        }
    }

    /// <summary>Computes the sum of the squares of all gradients, in one read, and in an order that no number of threads changes.</summary>
    /// <returns>false if one of them is not dense and contiguous on the CPU.</returns>
    public bool TrySumGradientSquares(out double sum)
    {
        sum = 0;
        if (PrefersOperators)
        {
            return false;
        }

        ReadGroups();
        _items = _items.Length < _entries.Count ? new Item[_entries.Count] : _items;
        _elements = 0;
        try
        {
            foreach (var entry in _entries)
            {
                if (!TryAddGradient(entry))
                {
                    return false;
                }
            }

            Cut();
            _sums = _sums.Length < _chunks.Count ? new double[_chunks.Count] : _sums;
            _isSumming = true;
            Run();
            for (var index = 0; index < _chunks.Count; index++)
            {
                sum += _sums[index];
            }

            return true;
        }
        finally
        {
            _isSumming = false;
            Array.Clear(_items, 0, _itemCount);
            _itemCount = 0;
            _chunks.Clear();
        }
    }

    /// <summary>Multiplies gradients in the next step, and in that only.</summary>
    public void ScaleNext(double factor) => rule.GradientScale = factor;

    /// <summary>Adds a copy of what the next step overwrites.</summary>
    /// <returns>false if that is not the memory of one tensor that the step changes, and of no other.</returns>
    public bool TryAddCopy(nint source, nint target, long byteLength)
    {
        _places ??= ReadPlaces();
        return _places.TryGetValue(source, out var length) && length == byteLength && _copies.TryAdd(source, (target, byteLength));
    }

    /// <summary>Calls an action once all copies are made.</summary>
    public void AfterCopies(Action completed) => _copied += completed;

    /// <summary>Makes the copies that a step did not make.</summary>
    public void FinishCopies()
    {
        CopyNow();
        _places = null;
        var copied = _copied;
        _copied = null;
        copied?.Invoke();
    }

    /// <summary>Gets the float32 values behind a parameter in bfloat16; null for other types, and before its first step.</summary>
    public Tensor? MasterOf(Parameter parameter)
    {
        ReadGroups();
        return _byParameter[parameter].Master;
    }

    /// <summary>Gives the state of a parameter the types that steps need, before values are loaded into it.</summary>
    public void Prepare(Parameter parameter)
    {
        ReadGroups();
        var entry = _byParameter[parameter];
        if (entry.IsOnCpu)
        {
            entry.Refresh(makes: false);
        }
    }

    public void Dispose()
    {
        _entries.ForEach(entry => entry.Master?.Dispose());
        _entries.Clear();
        _byParameter.Clear();
        _groupCount = -1;
    }

    private void ReadGroups()
    {
        var all = groups();
        if (_groupCount == all.Count)
        {
            return;
        }

        // Groups are only ever added.
        foreach (var group in all.Skip(Math.Max(_groupCount, 0)))
        {
            foreach (var parameter in group.Parameters)
            {
                var entry = new FusedEntry(parameter, stateOf(parameter), group.Options, rule);
                _entries.Add(entry);
                _byParameter[parameter] = entry;
            }
        }

        _groupCount = all.Count;
    }

    /// <summary>The lengths in bytes of all tensors that a step changes, by address. What overlaps is left out: the first update would spoil the copy of the second.</summary>
    private Dictionary<nint, long> ReadPlaces()
    {
        ReadGroups();
        var ranges = _entries.SelectMany(entry => entry.Ranges()).OrderBy(range => range.Address).ToList();
        var places = new Dictionary<nint, long>(ranges.Count);
        for (var index = 0; index < ranges.Count; index++)
        {
            var (address, length) = ranges[index];
            if ((index == 0 || ranges[index - 1].Address + ranges[index - 1].Length <= address) && (index == ranges.Count - 1 || address + length <= ranges[index + 1].Address))
            {
                places[address] = (long)length;
            }
        }

        return places;
    }

    private void CopyNow()
    {
        foreach (var (source, (target, length)) in _copies)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, length, length);
        }

        _copies.Clear();
    }

    /// <summary>Where a tensor is copied to while it is stepped; zero for nowhere.</summary>
    private nint CopyOf(nint address)
    {
        if (address == 0 || !_copies.TryGetValue(address, out var copy))
        {
            return 0;
        }

        _made.Add(address);
        return copy.Target;
    }

    private void Gather()
    {
        rule.Clear();
        _elements = 0;
        if (_items.Length < _entries.Count)
        {
            _items = new Item[_entries.Count];
        }

        for (var number = 0; number < _entries.Count; number++)
        {
            var gradient = TorchNative.Gradient(_entries[number].Parameter.Handle);
            if (gradient == 0)
            {
                continue;
            }

            try
            {
                Add(_entries[number], number, gradient);
            }
            finally
            {
                // The parameter holds it; this was one more handle.
                TorchNative.Release(gradient);
            }
        }

        Cut();
    }

    private void Add(FusedEntry entry, int number, nint gradient)
    {
        var isNew = entry.Refresh();
        if (entry.Type is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16))
        {
            throw new NotSupportedException($"{name} steps parameters of the types Float32, Float64 and BFloat16, and parameter {number} is {entry.Type}. Use an optimizer of TorchSharp for it.");
        }

        if (TorchNative.IsSparse(gradient))
        {
            AddSparse(entry, number, isNew);
            return;
        }

        if ((ScalarType)TorchNative.Type(gradient) != entry.Type || TorchNative.ElementCount(gradient) != entry.Count)
        {
            throw new InvalidOperationException($"Parameter {number} of {name} has {entry.Count} elements of type {entry.Type}, and its gradient another number or type. Set it to null, or to one like the parameter.");
        }

        var address = TorchNative.IsContiguous(gradient) ? TorchNative.Data(gradient) : Contiguous(entry.Parameter.grad!);
        Add(entry, isNew, address);
    }

    private bool TryAddGradient(FusedEntry entry)
    {
        var gradient = TorchNative.Gradient(entry.Parameter.Handle);
        if (gradient == 0)
        {
            return true;
        }

        try
        {
            if (!entry.IsOnCpu || TorchNative.IsSparse(gradient) || !TorchNative.IsContiguous(gradient))
            {
                return false;
            }

            entry.Refresh(makes: false);
            if ((ScalarType)TorchNative.Type(gradient) != entry.Type || entry.Type is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16)
                || TorchNative.ElementCount(gradient) != entry.Count)
            {
                return false;
            }

            if (entry.Count > 0)
            {
                _items[_itemCount++] = new Item { Entry = entry, Memory = new FusedMemory { Gradient = TorchNative.Data(gradient) } };
                _elements += entry.Count;
            }

            return true;
        }
        finally
        {
            TorchNative.Release(gradient);
        }
    }

    private void AddSparse(FusedEntry entry, int number, bool isNew)
    {
        if (!rule.TakesSparse)
        {
            throw new NotSupportedException($"{name} cannot step with sparse gradients, and that of parameter {number} is sparse. Make the embedding with sparse: false, or train this parameter with FusedSgd.");
        }

        var gradient = entry.Parameter.grad!;
        if (rule.IsPlain(entry.Options, out var rate) && entry.Type != ScalarType.BFloat16)
        {
            CopyNow();
            using Scalar held = rate;
            entry.Parameter.add_(gradient, held);
            return;
        }

        Add(entry, isNew, Contiguous(gradient.to_dense()));
    }

    private void Add(FusedEntry entry, bool isNew, nint gradient)
    {
        if (entry.Count == 0)
        {
            return;
        }

        ref var item = ref _items[_itemCount++];
        item.Entry = entry;
        item.Numbers = rule.Begin(entry.State, entry.Options, isNew);
        item.Memory = new FusedMemory
        {
            Parameter = AddressOf(entry.Parameter, entry.IsContiguous),
            Gradient = gradient,
            First = AddressOf(entry.Tensors[0], entry.IsContiguous),
            Second = AddressOf(entry.Tensors[1], entry.IsContiguous),
            Third = AddressOf(entry.Tensors[2], entry.IsContiguous),
            Master = AddressOf(entry.Tensors[3], entry.IsContiguous),
        };
        if (_copies.Count > 0)
        {
            ref var memory = ref item.Memory;
            memory.ParameterCopy = CopyOf(memory.Parameter);
            memory.FirstCopy = CopyOf(memory.First);
            memory.SecondCopy = CopyOf(memory.Second);
            memory.ThirdCopy = CopyOf(memory.Third);
            memory.MasterCopy = CopyOf(memory.Master);
        }

        _elements += entry.Count;
    }

    private nint AddressOf(Tensor? tensor, bool isContiguous)
    {
        if (tensor is null)
        {
            return 0;
        }

        if (isContiguous)
        {
            return TorchNative.Data(tensor.Handle);
        }

        // Stepped as a copy without gaps, which is written back.
        var copy = tensor.detach().contiguous();
        copy = copy.Handle == tensor.Handle ? copy.clone() : copy;
        _temporaries.Add(copy.DetachFromDisposeScope());
        _writeBacks.Add((tensor, copy));
        return TorchNative.Data(copy.Handle);
    }

    private nint Contiguous(Tensor gradient)
    {
        var copy = gradient.contiguous().DetachFromDisposeScope();
        _temporaries.Add(copy);
        return TorchNative.Data(copy.Handle);
    }

    /// <summary>Large tensors in several chunks, small ones together in one.</summary>
    private void Cut()
    {
        var first = 0;
        long together = 0;
        for (var index = 0; index < _itemCount; index++)
        {
            var count = _items[index].Entry.Count;
            if (count < ChunkElements)
            {
                together += count;
                if (together >= ChunkElements)
                {
                    _chunks.Add(new Chunk(first, index + 1, 0, 0));
                    (first, together) = (index + 1, 0);
                }

                continue;
            }

            if (index > first)
            {
                _chunks.Add(new Chunk(first, index, 0, 0));
            }

            for (long start = 0; start < count; start += ChunkElements)
            {
                _chunks.Add(new Chunk(index, index + 1, start, Math.Min(ChunkElements, count - start)));
            }

            (first, together) = (index + 1, 0);
        }

        if (_itemCount > first)
        {
            _chunks.Add(new Chunk(first, _itemCount, 0, 0));
        }
    }

    private void Run()
    {
        _nextChunk = 0;
        var threads = _elements <= AloneElements ? 1 : Math.Min(get_num_threads(), _chunks.Count);
        if (threads > 1)
        {
            var handle = GCHandle.Alloc(this);
            try
            {
                if (!TorchNative.TryRunParallel(threads, &OnThread, GCHandle.ToIntPtr(handle)))
                {
                    Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunChunks());
                }
            }
            finally
            {
                handle.Free();
            }
        }

        // What is left, if anything.
        RunChunks();
    }

    [UnmanagedCallersOnly]
    private static void OnThread(long begin, long end, nint context)
    {
        for (var part = begin; part < end; part++)
        {
            ((FusedStepper)GCHandle.FromIntPtr(context).Target!).RunChunks();
        }
    }

    private void RunChunks()
    {
        for (var number = Interlocked.Increment(ref _nextChunk) - 1; number < _chunks.Count; number = Interlocked.Increment(ref _nextChunk) - 1)
        {
            var chunk = _chunks[number];
            if (_isSumming)
            {
                _sums[number] = SumOf(chunk);
                continue;
            }

            for (var index = chunk.First; index < chunk.End; index++)
            {
                ref readonly var item = ref _items[index];
                var count = chunk.Count == 0 ? item.Entry.Count : chunk.Count;
                switch (item.Entry.Type)
                {
                    case ScalarType.Float32:
                        rule.Run<float>(item.Memory, chunk.Start, count, item.Numbers);
                        break;
                    case ScalarType.Float64:
                        rule.Run<double>(item.Memory, chunk.Start, count, item.Numbers);
                        break;
                    default:
                        BFloat16Step.Run(rule, item.Memory, chunk.Start, count, item.Numbers);
                        break;
                }
            }
        }

        // Stores past the caches are visible to other threads from here on.
        Thread.MemoryBarrier();
    }

    private double SumOf(in Chunk chunk)
    {
        var sum = 0.0;
        for (var index = chunk.First; index < chunk.End; index++)
        {
            ref readonly var item = ref _items[index];
            sum += GradientKernel.SumOfSquares(item.Entry.Type, item.Memory.Gradient, chunk.Start, chunk.Count == 0 ? item.Entry.Count : chunk.Count);
        }

        return sum;
    }

    private struct Item
    {
        public FusedEntry Entry;
        public FusedMemory Memory;
        public int Numbers;
    }

    /// <summary>Whole items, or a part of one.</summary>
    private readonly record struct Chunk(int First, int End, long Start, long Count);
}
