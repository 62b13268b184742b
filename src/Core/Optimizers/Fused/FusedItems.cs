using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Gathers the memory of parameters, gradients and state as the items of a step.</summary>
/// <param name="name">The name of the optimizer, for messages.</param>
/// <param name="rule">How it steps.</param>
internal sealed class FusedItems(string name, FusedRule rule)
{
    private readonly List<Tensor> _temporaries = [];
    private readonly List<(Tensor Target, Tensor Source)> _writeBacks = [];

    /// <summary>Gets the work of the step, which has the items.</summary>
    public FusedWork Work { get; } = new(rule);

    /// <summary>Gets the copies that the next step makes.</summary>
    public FusedStepCopies Copies { get; } = new();

    /// <summary>Adds all parameters with a gradient, and what their step needs.</summary>
    public void Gather(List<FusedEntry> entries)
    {
        rule.Clear();
        Work.Reserve(entries.Count);
        for (var number = 0; number < entries.Count; number++)
        {
            var gradient = TorchNative.Gradient(entries[number].Parameter.Handle);
            if (gradient == 0)
            {
                continue;
            }

            try
            {
                Add(entries[number], number, gradient);
            }
            finally
            {
                // The parameter holds it; this was one more handle.
                TorchNative.Release(gradient);
            }
        }
    }

    /// <summary>Adds all gradients.</summary>
    /// <returns>false if one of them is dense and not contiguous, or not on the CPU.</returns>
    public bool TryGatherGradients(List<FusedEntry> entries)
    {
        Work.Reserve(entries.Count);
        return entries.TrueForAll(TryAddGradient);
    }

    /// <summary>Writes copies that were stepped back to their tensors.</summary>
    public void WriteBack()
    {
        foreach (var (target, source) in _writeBacks)
        {
            target.copy_(source);
        }
    }

    /// <summary>Removes all items and disposes temporary tensors.</summary>
    public void Clear()
    {
        Work.Clear();
        _writeBacks.Clear();
        DisposeTemporaries();
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
                Work.Add(new FusedItem(entry, new FusedMemory { Gradient = TorchNative.Data(gradient) }, numbers: 0));
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
            Work.Add(new FusedItem(entry, memory, numbers, rows));
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
        Work.Add(new FusedItem(entry, memory, numbers));
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
