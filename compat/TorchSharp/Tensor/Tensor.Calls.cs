using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Calls an operator with this tensor as its first argument.</summary>
        internal Tensor Call(string op, params ReadOnlySpan<Arg> rest) => Op.On(this, op, rest);

        /// <summary>Calls an operator that changes this tensor, its first argument, in place.</summary>
        internal Tensor InPlace(string op, params ReadOnlySpan<Arg> rest)
        {
            Op.DoOn(this, op, rest);
            return this;
        }
    }
}
