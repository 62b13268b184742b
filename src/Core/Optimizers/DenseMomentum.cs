using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Keeps the momentum of SGD dense with sparse gradients. TorchSharp creates it sparse like the first gradient, in which form no
/// checkpoint in PyTorch's layout can contain it; sparse gradients can update a dense one.
/// </summary>
internal sealed class DenseMomentum(SGD optimizer)
{
    private Entry[] _entries = [];
    private int _groups = -1;

    /// <summary>Called before the step: Nesterov momentum is added to the gradient, which must be dense.</summary>
    public void BeforeStep()
    {
        ReadGroups();
        foreach (var entry in _entries)
        {
            if (entry.Options.nesterov == true && entry.State.momentum_buffer is not null && !entry.HasDenseGradients)
            {
                using var gradient = entry.Parameter.grad;
                if (gradient is { is_sparse: true })
                {
                    using var dense = gradient.to_dense();
                    entry.Parameter.grad = dense;
                }

                entry.HasDenseGradients = gradient is { is_sparse: false };
            }
        }
    }

    /// <summary>Called after the step, which may have created a momentum.</summary>
    public void AfterStep()
    {
        foreach (var entry in _entries)
        {
            if (ReferenceEquals(entry.State.momentum_buffer, entry.Seen))
            {
                continue;
            }

            if (entry.State.momentum_buffer is { is_sparse: true } sparse)
            {
                entry.State.momentum_buffer = sparse.to_dense().DetachFromDisposeScope();
                sparse.Dispose();
            }

            entry.Seen = entry.State.momentum_buffer;
        }
    }

    private void ReadGroups()
    {
        var groups = optimizer.ParamGroups.TryGetNonEnumeratedCount(out var count) ? count : optimizer.ParamGroups.Count();
        if (groups == _groups)
        {
            return;
        }

        _groups = groups;
        var live = optimizer.state_dict();
        var parameters = optimizer.parameters().ToList();
        _entries =
        [
            .. from index in Enumerable.Range(0, live.Options.Count)
               where live.Options[index] is SGD.Options
               from number in live.StateIndexRef[index]
               select new Entry(parameters[number], (SGD.State)live.State[number], (SGD.Options)live.Options[index]),
        ];
    }

    private sealed class Entry(Parameter parameter, SGD.State state, SGD.Options options)
    {
        public Parameter Parameter => parameter;

        public SGD.State State => state;

        public SGD.Options Options => options;

        public Tensor? Seen { get; set; }

        public bool HasDenseGradients { get; set; }
    }
}
