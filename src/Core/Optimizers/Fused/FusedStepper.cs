using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The steps of one fused optimizer.</summary>
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
    private readonly FusedItems _items = new(name, rule);
    private int _groupCount = -1;

    /// <summary>Gets the copies that the next step makes.</summary>
    public FusedStepCopies Copies => _items.Copies;

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
            _items.Gather(_entries);
            var areFinite = _items.Work.Run(ChecksParameters);
            LeftFiniteValues = ChecksParameters ? areFinite : null;
            Copies.Stepped();
            _items.WriteBack();
            foreach (ref readonly var item in _items.Work.Items)
            {
                VersionCounter.Count(item.Entry.Parameter);
                item.Entry.AcceptChanges();
            }
        }
        finally
        {
            _entries.ForEach(static entry => entry.EndStep());
            _items.Clear();
            rule.GradientScale = 1;
            Copies.Forget();
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

        try
        {
            if (!_items.TryGatherGradients(_entries))
            {
                return false;
            }

            GradientSquares = sum = _items.Work.SumGradientSquares();
            return true;
        }
        finally
        {
            _items.Clear();
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
}

/// <summary>An optimizer that steps in one pass, and copies in it.</summary>
internal interface IFusedOptimizer : IStepCopies
{
    /// <summary>Gets the stepper, which does both.</summary>
    FusedStepper Stepper { get; }

    bool IStepCopies.MarksRows => true;

    bool IStepCopies.TryAdd(nint source, nint target, long byteLength) => Stepper.TryAddCopy(source, target, byteLength);

    void IStepCopies.Then(Action completed) => Stepper.Copies.Then(completed);

    void IStepCopies.Finish() => Stepper.Copies.Finish();
}
