using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The steps of one fused optimizer: gathers the memory of parameters, gradients and state, and runs the rule over it.</summary>
/// <param name="name">The name of the optimizer, for messages.</param>
/// <param name="rule">How it steps.</param>
/// <param name="groups">Returns the groups of the optimizer.</param>
/// <param name="stateOf">The state of a parameter.</param>
internal sealed class FusedStepper(string name, FusedRule rule, Func<IList<ParamGroup>> groups, Func<Parameter, OptimizerState> stateOf)
    : IDisposable
{
    private readonly List<FusedEntry> _entries = [];
    private readonly OperatorStep _operators = new(rule);
    private readonly Dictionary<Tensor, FusedEntry> _byParameter = new(ReferenceEqualityComparer.Instance);
    private readonly FusedWork _work = new(rule);
    private readonly List<Tensor> _temporaries = [];
    private readonly List<(Tensor Target, Tensor Source)> _writeBacks = [];
    private int _groupCount = -1;

    /// <summary>Gets the copies that the next step makes.</summary>
    public FusedStepCopies Copies { get; } = new();

    /// <summary>
    /// Gets or sets whether parameters on the CPU are stepped as those on other devices; for tests on machines without any.
    /// </summary>
    public bool PrefersOperators { get; set; }

    /// <summary>Gets or sets whether steps check the parameters that they write, while those are in the processor's caches.</summary>
    public bool ChecksParameters { get; set; }

    /// <summary>
    /// Gets whether the last step left finite values only; null if it checked nothing, or not all of its parameters.
    /// </summary>
    public bool? LeftFiniteValues { get; private set; }

    /// <summary>
    /// Gets or sets the sum of the squares of the gradients of the next step; null if it was not computed since the last step.
    /// </summary>
    public double? GradientSquares { get; set; }

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
        (GradientSquares, LeftFiniteValues) = (null, null);
        if (PrefersOperators || _entries.Exists(static entry => !entry.IsOnCpu))
        {
            Copies.MakeNow();
            _entries.ForEach(static entry => entry.MarkAll());
            if (!_operators.TryStep(_entries))
            {
                if (rule is AdamRule && _entries.Exists(static entry => entry.HasSparseGradient))
                {
                    throw new NotSupportedException(
                        $"{name} steps sparse gradients on the CPU only. Move the embedding there, or create it with sparse: false.");
                }

                otherDevice();
            }

            rule.GradientScale = 1;
            return loss!;
        }

        try
        {
            Gather();
            var areFinite = _work.Run(ChecksParameters);
            LeftFiniteValues = ChecksParameters ? areFinite : null;
            Copies.Stepped();
            foreach (var (target, source) in _writeBacks)
            {
                target.copy_(source);
            }

            foreach (ref readonly var item in _work.Items)
            {
                VersionCounter.Count(item.Entry.Parameter);
                item.Entry.AcceptChanges();
            }
        }
        finally
        {
            _work.Clear();
            rule.GradientScale = 1;
            Copies.Forget();
            _writeBacks.Clear();
            DisposeTemporaries();
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
    /// <returns>false if one of them is dense and not contiguous, or not on the CPU.</returns>
    public bool TrySumGradientSquares(out double sum)
    {
        sum = 0;
        ReadGroups();
        if (PrefersOperators || _entries.Exists(static entry => !entry.IsOnCpu))
        {
            return false;
        }

        _work.Reserve(_entries.Count);
        try
        {
            foreach (var entry in _entries)
            {
                if (!TryAddGradient(entry))
                {
                    return false;
                }
            }

            GradientSquares = sum = _work.SumGradientSquares();
            return true;
        }
        finally
        {
            _work.Clear();
            DisposeTemporaries();
        }
    }

    /// <summary>Returns why the step of a parameter with its sparse gradient is refused; null if it is not.</summary>
    public string? SparseFault(OptimizerOptions options) => rule.UseOfSparse(options, out var fault) == SparseUse.None ? fault : null;

    /// <summary>Returns whether the optimizer has a parameter.</summary>
    public bool Has(Tensor parameter)
    {
        ReadGroups();
        return _byParameter.ContainsKey(parameter);
    }

    /// <summary>Multiplies gradients in the next step, and in that only.</summary>
    public void ScaleNext(double factor) => rule.GradientScale = factor;

    /// <summary>Adds a copy of memory that the next step overwrites.</summary>
    /// <returns>false if that is not the memory of one tensor that the step changes, and of no other.</returns>
    public bool TryAddCopy(nint source, nint target, long byteLength)
    {
        ReadGroups();
        return Copies.TryAdd(_entries, source, target, byteLength);
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

    private void Gather()
    {
        rule.Clear();
        _work.Reserve(_entries.Count);
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
    }

    private void Add(FusedEntry entry, int number, nint gradient)
    {
        var isNew = entry.Refresh();
        if (entry.Type is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16))
        {
            throw new NotSupportedException(
                $"{name} steps parameters of the types Float32, Float64 and BFloat16, and parameter {number} is {entry.Type}. "
                    + "Use an optimizer of TorchSharp for it.");
        }

        if (TorchNative.IsSparse(gradient))
        {
            AddSparse(entry, number, isNew);
            return;
        }

        if ((ScalarType)TorchNative.Type(gradient) != entry.Type || TorchNative.ElementCount(gradient) != entry.Count)
        {
            throw UnlikeParameter(entry, number);
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
            if (!entry.IsOnCpu)
            {
                return false;
            }

            entry.Refresh(makes: false);
            if (TorchNative.IsSparse(gradient))
            {
                // What the step makes dense is the same numbers.
                return TryReadRows(entry, out var rows) && AddRows(entry, default, 0, rows);
            }

            if (!TorchNative.IsContiguous(gradient))
            {
                return false;
            }

            if (
                (ScalarType)TorchNative.Type(gradient) != entry.Type
                    || entry.Type is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16)
                    || TorchNative.ElementCount(gradient) != entry.Count)
            {
                return false;
            }

            if (entry.Count > 0)
            {
                _work.Add(new FusedItem(entry, new FusedMemory { Gradient = TorchNative.Data(gradient) }, numbers: 0));
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
        var use = rule.UseOfSparse(entry.Options, out var fault);
        if (use == SparseUse.None)
        {
            throw new NotSupportedException(
                $"{name} cannot step with the sparse gradient of parameter {number}: {fault} in the group of this parameter, "
                    + "or create the embedding with sparse: false.");
        }

        if (use == SparseUse.Dense)
        {
            Add(entry, isNew, Contiguous(entry.Parameter.grad!.to_dense()));
            return;
        }

        if (!TryReadRows(entry, out var rows))
        {
            throw UnlikeParameter(entry, number);
        }

        var memory = MemoryOf(entry, gradient: 0);

        // The step does not pass over the rows that stay.
        Copies.MakeNow(memory);
        entry.MarkRows();
        AddRows(entry, memory, rule.Begin(entry.State, entry.Options, isNew, isSparse: true), rows);
    }

    private bool TryReadRows(FusedEntry entry, out SparseRows rows)
    {
        using var gradient = entry.Parameter.grad!;
        rows = entry.Rows ??= new SparseRows();
        return rows.TryRead(entry.Parameter, gradient, _temporaries);
    }

    private bool AddRows(FusedEntry entry, in FusedMemory memory, int numbers, SparseRows rows)
    {
        if (rows.ElementCount > 0)
        {
            _work.Add(new FusedItem(entry, memory, numbers, rows));
        }

        return true;
    }

    private void Add(FusedEntry entry, bool isNew, nint gradient)
    {
        if (entry.Count == 0)
        {
            return;
        }

        var numbers = rule.Begin(entry.State, entry.Options, isNew, isSparse: false);
        var memory = MemoryOf(entry, gradient);
        Copies.Assign(ref memory);
        entry.MarkAll();
        _work.Add(new FusedItem(entry, memory, numbers));
    }

    private InvalidOperationException UnlikeParameter(FusedEntry entry, int number) =>
        new(
            $"Parameter {number} of {name} has {entry.Count} elements of type {entry.Type}, and its gradient another number, shape or "
            + "type. Set it to null, or to one like the parameter.");

    private FusedMemory MemoryOf(FusedEntry entry, nint gradient) => new()
    {
        Parameter = AddressOf(entry.Parameter, entry.IsContiguous),
        Gradient = gradient,
        First = AddressOf(entry.Tensors[0], entry.IsContiguous),
        Second = AddressOf(entry.Tensors[1], entry.IsContiguous),
        Third = AddressOf(entry.Tensors[2], entry.IsContiguous),
        Master = AddressOf(entry.Tensors[3], entry.IsContiguous),
    };

    private void DisposeTemporaries()
    {
        _temporaries.ForEach(tensor => tensor.Dispose());
        _temporaries.Clear();
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
}

/// <summary>An optimizer that steps in one pass, and copies in it.</summary>
internal interface IFusedOptimizer : IStepCopies
{
    /// <summary>Gets the stepper, which does both.</summary>
    FusedStepper Stepper { get; }

    bool IStepCopies.RecordsRows => true;

    bool IStepCopies.TryAdd(nint source, nint target, long byteLength) => Stepper.TryAddCopy(source, target, byteLength);

    void IStepCopies.Then(Action completed) => Stepper.Copies.Then(completed);

    void IStepCopies.Finish() => Stepper.Copies.Finish();
}
