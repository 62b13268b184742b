using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Gradients that are averaged together.</summary>
internal sealed class GradientBucket : IDisposable
{
    private readonly List<Parameter> _parameters;
    private long _bytes;

    // By parameter: the gradient of earlier passes of the window, and that of this process with this pass. Null where there is none.
    private Tensor?[] _before = [];
    private Tensor?[] _own = [];
    private Tensor? _averages;

    public GradientBucket(Parameter parameter) => (_parameters, _bytes) = ([parameter], LengthOf(parameter));

    /// <summary>Adds a parameter unless the bucket becomes too large.</summary>
    public bool TryAdd(Parameter parameter, long limit)
    {
        if (_bytes + LengthOf(parameter) > limit || _parameters[0].dtype != parameter.dtype)
        {
            return false;
        }

        _parameters.Add(parameter);
        _bytes += LengthOf(parameter);
        return true;
    }

    /// <summary>Sets the gradients of earlier passes aside.</summary>
    public void SetAside()
    {
        _before = new Tensor?[_parameters.Count];
        for (var index = 0; index < _before.Length; index++)
        {
            _before[index] = _parameters[index].grad?.DetachFromDisposeScope();
            _parameters[index].grad = null;
        }
    }

    /// <summary>Returns whether all parameters have the gradient of this pass. libtorch sets it once, when it is complete.</summary>
    public bool IsComplete() => _parameters.TrueForAll(parameter =>
    {
        using var gradient = parameter.grad;
        return gradient is not null;
    });

    /// <summary>Adds the gradients of the pass to those of earlier ones.</summary>
    public void Take()
    {
        using var _ = no_grad();
        _own = new Tensor?[_parameters.Count];
        // Held, since TorchSharp frees a factor that nothing keeps alive while it is in use, also the one of a call without it.
        using TorchSharp.Scalar one = 1;
        for (var index = 0; index < _own.Length; index++)
        {
            var gradient = _parameters[index].grad?.DetachFromDisposeScope();
            if (_before.Length > 0 && _before[index] is { } before)
            {
                if (gradient is null)
                {
                    gradient = before;
                }
                else if (before.is_sparse && !gradient.is_sparse)
                {
                    gradient.add_(before, alpha: one);
                    before.Dispose();
                }
                else
                {
                    before.add_(gradient, alpha: one);
                    gradient.Dispose();
                    gradient = before;
                }

                _parameters[index].grad = gradient;
            }

            _own[index] = gradient;
        }

        _before = [];
    }

    /// <summary>Replaces the gradients by their averages at once, where any process uses one.</summary>
    /// <param name="collectives">The collectives of the processes.</param>
    /// <param name="isUsed">Returns whether a parameter has a dense gradient in any process.</param>
    /// <param name="done">Receives the parameters whose gradients are averages.</param>
    public void Average(ProcessCollectives collectives, Func<Parameter, bool> isUsed, HashSet<IntPtr> done)
    {
        if (!_parameters.Exists(parameter => isUsed(parameter)))
        {
            return;
        }

        using var _ = no_grad();
        if (_parameters is [var single])
        {
            // A bucket of its own needs no copy.
            var gradient = single.grad ?? zeros_like(single);
            if (gradient.is_contiguous())
            {
                // Flat, as other processes reduce it whose gradient is not contiguous.
                using var numbers = gradient.view(-1);
                collectives.ReduceInPlace(numbers, ReduceOperation.Mean);
                single.grad = gradient;
                done.Add(single.Handle);
                return;
            }
        }

        using (this)
        {
            Take();
            Reduce(collectives);
            Apply(isUsed, done);
        }
    }

    /// <summary>Averages. On the thread of the buckets; the gradients themselves do not change.</summary>
    public void Reduce(ProcessCollectives collectives)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var all = cat(_parameters.Select((parameter, index) =>
            (_own[index] is { is_sparse: false } own ? own : zeros_like(parameter)).reshape(-1)).ToList());
        collectives.ReduceInPlace(all, ReduceOperation.Mean);
        _averages = all.DetachFromDisposeScope();
    }

    public void Apply(Func<Parameter, bool> isUsed, HashSet<IntPtr> done)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        long start = 0;
        for (var index = 0; index < _parameters.Count; index++)
        {
            var parameter = _parameters[index];
            var average = _averages!.narrow(0, start, parameter.numel()).view(parameter.shape);
            start += parameter.numel();
            if (!isUsed(parameter))
            {
                continue;
            }

            if (_own[index] is { } own)
            {
                own.copy_(average);
            }
            else
            {
                parameter.grad = average.clone();
            }

            done.Add(parameter.Handle);
        }

        Dispose();
    }

    public void Dispose()
    {
        foreach (var tensor in _before.Concat(_own))
        {
            tensor?.Dispose();
        }

        _averages?.Dispose();
        (_before, _own, _averages) = ([], [], null);
    }

    private static long LengthOf(Parameter parameter) => parameter.numel() * parameter.ElementSize;
}
