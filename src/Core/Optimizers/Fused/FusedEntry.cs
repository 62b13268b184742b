using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A parameter of a fused optimizer, with what is kept of it.</summary>
internal sealed class FusedEntry(Parameter parameter, OptimizerState state, OptimizerOptions options, FusedRule rule)
{
    private readonly nint[] _known = new nint[5];
    private nint _placed;
    private bool _isOnCpu;
    private readonly Tensor?[] _tensors = new Tensor?[4];

    /// <summary>The recorded changes of the tensors that are kept, and of the parameter; null before the first sparse step.</summary>
    private RowChanges?[]? _changes;

    public Parameter Parameter => parameter;

    public OptimizerState State => state;

    public OptimizerOptions Options => options;

    /// <summary>The rows of its sparse gradients, made at the first one.</summary>
    public SparseRows? Rows { get; set; }

    public ScalarType Type { get; private set; }

    public long Count { get; private set; }

    /// <summary>Whether all memory lies row after row, so that the kernel can go over it.</summary>
    public bool IsContiguous { get; private set; }

    /// <summary>Whether the parameter has a sparse gradient.</summary>
    public bool HasSparseGradient
    {
        get
        {
            using var gradient = parameter.grad;
            return gradient is { is_sparse: true };
        }
    }

    /// <summary>Whether the parameter is on the CPU.</summary>
    public bool IsOnCpu
    {
        get
        {
            // A move makes another native tensor.
            if (_placed != parameter.Handle)
            {
                (_placed, _isOnCpu) = (parameter.Handle, parameter.device_type == DeviceType.CPU);
            }

            return _isOnCpu;
        }
    }

    /// <summary>The values in float32 that a parameter in bfloat16 is the rounding of; null for other types.</summary>
    public Tensor? Master { get; private set; }

    /// <summary>The tensors that are kept, by number; the one after the last is the master.</summary>
    public ReadOnlySpan<Tensor?> Tensors => _tensors;

    /// <summary>
    /// Makes what is missing, and looks at what is new. Nothing is asked for where all tensors are those of the step before.
    /// </summary>
    /// <param name="makes">Whether to make what is missing.</param>
    /// <returns>Whether a tensor was made.</returns>
    public bool Refresh(bool makes = true)
    {
        var made = false;
        if (_known[4] != parameter.Handle)
        {
            Type = parameter.dtype;
            Master = Type == ScalarType.BFloat16 ? Master ?? Kept(parameter.detach().to(ScalarType.Float32)) : null;
        }

        for (var index = 0; index < rule.TensorCount; index++)
        {
            var tensor = rule.Needs(options, index) ? rule.Get(state, index) : null;
            if (tensor is null && makes && rule.Needs(options, index))
            {
                rule.Set(state, index, tensor = Kept(zeros_like(parameter.detach(), dtype: KeptType)));
                made = true;
            }
            else if (tensor is not null && !ReferenceEquals(tensor, _tensors[index]) && tensor.dtype != KeptType)
            {
                var converted = Kept(tensor.to(KeptType));
                tensor.Dispose();
                rule.Set(state, index, tensor = converted);
            }

            if (!ReferenceEquals(tensor, _tensors[index]))
            {
                // A new tensor may have the handle of one that is gone.
                (_tensors[index], _known[index]) = (tensor, -1);
            }
        }

        _tensors[3] = Master;
        if (!IsKnown())
        {
            Count = parameter.numel();
            IsContiguous = TorchNative.IsContiguous(parameter.Handle);
            _known[4] = parameter.Handle;
            for (var index = 0; index < 4; index++)
            {
                var tensor = _tensors[index];
                _known[index] = tensor?.Handle ?? 0;
                IsContiguous &= tensor is null || TorchNative.IsContiguous(tensor.Handle);
            }
        }

        return made;
    }

    /// <summary>Records the rows that a step changes next.</summary>
    public void MarkRows()
    {
        if (!IsContiguous)
        {
            // Stepped as a copy, which is written back as a whole.
            MarkAll();
            return;
        }

        _changes ??= new RowChanges?[_tensors.Length + 1];
        for (var index = 0; index < _changes.Length; index++)
        {
            var tensor = index < _tensors.Length ? _tensors[index] : parameter;
            if (tensor is null || _changes[index]?.IsOf(tensor) != true)
            {
                _changes[index] = tensor is null ? null : RowChanges.Start(tensor, Rows!.RowLength);
            }

            if (tensor is not null && _changes[index] is null)
            {
                // Another optimizer may record rows of another length.
                var others = RowChanges.Of(tensor);
                others?.BeforeChangeOfAll();
                others?.MarkAll();
            }

            if (_changes[index] is { } changes && changes.RowByteLength != Rows!.RowLength * tensor!.element_size())
            {
                // The gradient has another number of sparse dimensions than the first one.
                changes.BeforeChangeOfAll();
                changes.MarkAll();
            }
            else
            {
                _changes[index]?.Mark(Rows!.Rows);
            }
        }
    }

    /// <summary>Records that a step changes all rows next.</summary>
    public void MarkAll()
    {
        if (RowChanges.HaveReaders)
        {
            // Also of a tensor that only another optimizer steps with sparse gradients.
            RowChanges.Of(parameter)?.BeforeChangeOfAll();
            for (var index = 0; index < _tensors.Length; index++)
            {
                if (_tensors[index] is { } tensor)
                {
                    RowChanges.Of(tensor)?.BeforeChangeOfAll();
                }
            }
        }

        foreach (var changes in _changes ?? [])
        {
            changes?.MarkAll();
        }
    }

    /// <summary>Called after a step that was recorded.</summary>
    public void AcceptChanges()
    {
        foreach (var changes in _changes ?? [])
        {
            changes?.Accept();
        }
    }

    /// <summary>Called after each step, even if it has failed.</summary>
    public void EndStep()
    {
        foreach (var changes in _changes ?? [])
        {
            changes?.EndStep();
        }
    }

    /// <summary>Adds where the tensors lie that a step changes in place, and their lengths in bytes.</summary>
    public void AddRanges(List<(nint Address, nint Length)> ranges)
    {
        if (!IsOnCpu)
        {
            return;
        }

        Add(parameter);
        for (var index = 0; index < rule.TensorCount; index++)
        {
            Add(rule.Needs(options, index) ? rule.Get(state, index) : null);
        }

        Add(Master);

        void Add(Tensor? tensor)
        {
            if (tensor?.Handle is { } handle && TorchNative.IsContiguous(handle) && TorchNative.ElementCount(handle) is > 0 and var count)
            {
                ranges.Add((TorchNative.Data(handle), (nint)(count * ((ScalarType)TorchNative.Type(handle)).ElementByteSize())));
            }
        }
    }

    private ScalarType KeptType => Type == ScalarType.BFloat16 ? ScalarType.Float32 : Type;

    private bool IsKnown()
    {
        var same = _known[4] == parameter.Handle;
        for (var index = 0; index < 4 && same; index++)
        {
            same = _tensors[index] is { } tensor ? _known[index] == tensor.Handle : _known[index] is 0 or -1;
        }

        return same;
    }

    private static Tensor Kept(Tensor tensor) => tensor.DetachFromDisposeScope();
}
