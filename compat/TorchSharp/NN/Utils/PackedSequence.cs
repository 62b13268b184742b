namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            public static partial class rnn
            {
                /// <summary>Sequences of different lengths, step by step, longest first.</summary>
                public sealed class PackedSequence : IDisposable, IScopeMember
                {
                    public readonly Tensor data;

                    /// <summary>How many sequences have a first step, a second, and so on.</summary>
                    public readonly Tensor batch_sizes;

                    /// <summary>Which of the sequences as given is the longest, the second, and so on; empty where they came so.</summary>
                    public readonly Tensor sorted_indices;
                    public readonly Tensor unsorted_indices;
                    private bool _disposed;

                    internal PackedSequence(Tensor data, Tensor batchSizes, Tensor sortedIndices, Tensor unsortedIndices)
                    {
                        this.data = data.DetachFromDisposeScope();
                        batch_sizes = batchSizes.DetachFromDisposeScope();
                        sorted_indices = sortedIndices.DetachFromDisposeScope();
                        unsorted_indices = unsortedIndices.DetachFromDisposeScope();
                        DisposeScopeManager.ThreadSingleton.Register(this);
                    }

                    DisposeScope? IScopeMember.OwningDisposeScope { get; set; }

                    int IScopeMember.ScopeSlot { get; set; }

                    internal long BatchSize
                    {
                        get
                        {
                            using var first = batch_sizes[0];
                            return first.item<long>();
                        }
                    }

                    private DisposeScope? Scope => ((IScopeMember)this).OwningDisposeScope;

                    public void Dispose()
                    {
                        if (_disposed)
                        {
                            return;
                        }

                        _disposed = true;
                        DisposeScopeManager.ThreadSingleton.Disposing(this);
                        data.Dispose();
                        batch_sizes.Dispose();
                        sorted_indices.Dispose();
                        unsorted_indices.Dispose();
                    }

                    public PackedSequence MoveToOuterDisposeScope()
                    {
                        Scope?.MoveToOuter(this);
                        return this;
                    }

                    public PackedSequence DetachFromDisposeScope()
                    {
                        Scope?.Detach(this);
                        return this;
                    }

                    public PackedSequence MoveToOtherDisposeScope(PackedSequence other)
                    {
                        ArgumentNullException.ThrowIfNull(other);
                        return MoveToOtherDisposeScope(other.Scope);
                    }

                    public PackedSequence MoveToOtherDisposeScope(DisposeScope? other)
                    {
                        if (Scope is { } scope)
                        {
                            scope.MoveToOther(other, this);
                        }
                        else
                        {
                            other?.Attach(this);
                        }

                        return this;
                    }

                    LifetimeStatistics IScopeMember.StatisticsOf(ThreadDisposeScopeStatistics statistics) => statistics.PackedSequenceStatistics;

                    /// <summary>The same packing with other values.</summary>
                    internal PackedSequence With(Tensor values) =>
                        new(values, batch_sizes.alias(), sorted_indices.alias(), unsorted_indices.alias());

                    /// <summary>A hidden state [layers, batch, size] in the order of the packing.</summary>
                    internal Tensor Sorted(Tensor hidden) => sorted_indices.NumberOfElements == 0 ? hidden : hidden.index_select(1, sorted_indices);

                    /// <summary>A hidden state [layers, batch, size] in the order of the sequences as given.</summary>
                    internal Tensor Unsorted(Tensor hidden) => unsorted_indices.NumberOfElements == 0 ? hidden : hidden.index_select(1, unsorted_indices);
                }
            }
        }
    }
}
