using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor randperm(
        long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        generator is null
            ? Make("randperm", requires_grad, null, n, dtype ?? ScalarType.Int64, Arg.None, On(device))
            : Make("randperm.generator", requires_grad, null, n, generator, dtype ?? ScalarType.Int64, Arg.None, On(device));
}
