using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module learns: a leaf of the graph that <c>parameters()</c> lists.</summary>
public class Parameter : Tensor
{
    /// <summary>Takes over the native tensor of <paramref name="data"/>, which is as if disposed afterwards, and its place in its dispose scope.</summary>
    /// <param name="data">The values. It must be a leaf of the graph.</param>
    /// <param name="requires_grad">Whether a backward pass computes a gradient for it.</param>
    public Parameter(Tensor data, bool requires_grad = true)
        : this(data, data?.OwningDisposeScope, requires_grad)
    {
    }

    private Parameter(Tensor? data, DisposeScope? scope, bool requires_grad)
        : base(Take(data, requires_grad), register: false)
    {
        scope?.Add(this);
    }

    private static nint Take(Tensor? data, bool requiresGrad)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.with_requires_grad(requiresGrad).DecoupleFromNativeHandle();
    }
}
