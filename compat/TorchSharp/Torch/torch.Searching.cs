using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor searchsorted(
        Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor? sorter = null) =>
        Op.Call("searchsorted.Tensor", sorted_sequence, values, out_int32, right, Arg.None, sorter);

    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2.0, compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary) =>
        Op.Call("cdist", x1, x2, p, (long)compute_mode);

    public static Tensor combinations(Tensor input, int r = 2, bool with_replacement = false) =>
        Op.Call("combinations", input, r, with_replacement);

    public static Tensor gather(Tensor input, long dim, Tensor index, bool sparse_grad = false) =>
        Op.Call("gather", input, dim, index, sparse_grad);

    public static Tensor movedim(Tensor input, long source, long destination) => Op.Call("movedim.int", input, source, destination);

    public static Tensor moveaxis(Tensor input, long source, long destination) => Op.Call("moveaxis.int", input, source, destination);

    public static Tensor real(Tensor input) => input.real;

    public static Tensor imag(Tensor input) => input.imag;

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) =>
        Op.Call("normal.Tensor_Tensor", mean, std, generator);

    public static (Tensor, Tensor) slogdet(Tensor A) => Op.Call2("slogdet", A);
}
