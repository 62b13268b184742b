using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Op.Call("cat", tensors.ToArray(), dim);

    public static Tensor cat(Tensor[] tensors, long dim = 0) => Op.Call("cat", tensors, dim);

    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => Op.Call("cat", tensors.ToArray(), dim);

    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Op.Call("stack", tensors.ToArray(), dim);

    public static Tensor hstack(IList<Tensor> tensors) => Op.Call("hstack", tensors.ToArray());

    public static Tensor hstack(params Tensor[] tensors) => Op.Call("hstack", tensors);

    public static Tensor vstack(IList<Tensor> tensors) => Op.Call("vstack", tensors.ToArray());

    public static Tensor vstack(Tensor[] tensors) => Op.Call("vstack", tensors);

    public static Tensor dstack(IList<Tensor> tensors) => Op.Call("dstack", tensors.ToArray());

    public static Tensor dstack(params Tensor[] tensors) => Op.Call("dstack", tensors);

    public static Tensor block_diag(params Tensor[] tensors) => Op.Call("block_diag", tensors);

    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => Op.CallList("broadcast_tensors", tensors);

    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        Op.CallList("meshgrid.indexing", tensors.ToArray(), indexing);

    public static Tensor cartesian_prod(IList<Tensor> tensors) => Op.Call("cartesian_prod", tensors.ToArray());

    public static Tensor cartesian_prod(params Tensor[] tensors) => Op.Call("cartesian_prod", tensors);

    public static Tensor einsum(string equation, params Tensor[] tensors) => Op.Call("einsum", equation, tensors);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Op.Call("where.self", condition, x, y);

    public static Tensor[] where(Tensor condition) => Op.CallList("where", condition);
}
