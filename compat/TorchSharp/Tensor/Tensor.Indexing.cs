using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor select(long dim, long index) => Call("select.int", dim, index);

        public Tensor narrow(long dim, long start, long length) => Call("narrow", dim, start, length);

        public Tensor slice(long dim, long start, long finish, long step) => Call("slice.Tensor", dim, start, finish, step);

        public Tensor index_select(long dim, Tensor index) => Call("index_select", dim, index);

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Call("index_add", dim, index, source, alpha);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => InPlace("index_add_", dim, index, source, alpha);

        public Tensor index_copy(long dim, Tensor index, Tensor source) => Call("index_copy", dim, index, source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) => InPlace("index_copy_", dim, index, source);

        public Tensor index_fill(long dim, Tensor index, Scalar value) => Call("index_fill.int_Scalar", dim, index, value);

        public Tensor index_fill_(long dim, Tensor index, Scalar value) => InPlace("index_fill_.int_Scalar", dim, index, value);

        public Tensor take(Tensor index) => Call("take", index);

        public Tensor take_along_dim(Tensor indices) => Call("take_along_dim", indices);

        public Tensor take_along_dim(Tensor indices, long dim) => Call("take_along_dim", indices, dim);

        public Tensor gather(long dim, Tensor index) => Call("gather", dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Call("scatter.src", dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => InPlace("scatter_.src", dim, index, src);

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Call("scatter_add", dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => InPlace("scatter_add_", dim, index, src);

        public Tensor diagonal_scatter(Tensor src, long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Call("diagonal_scatter", src, offset, dim1, dim2);

        public Tensor select_scatter(Tensor src, long dim, long index) => Call("select_scatter", src, dim, index);

        public Tensor slice_scatter(Tensor src, long dim = 0L, long? start = null, long? end = null, long step = 1L) =>
            Call("slice_scatter", src, dim, start, end, step);

        public Tensor masked_fill(Tensor mask, Scalar value) => Call("masked_fill.Scalar", mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace("masked_fill_.Scalar", mask, value);

        public Tensor masked_scatter(Tensor mask, Tensor value) => Call("masked_scatter", mask, value);

        public Tensor masked_scatter_(Tensor mask, Tensor value) => InPlace("masked_scatter_", mask, value);

        public Tensor masked_select(Tensor mask) => Call("masked_select", mask);

        public Tensor nonzero() => Call("nonzero");

        public Tensor argwhere() => Call("argwhere");

        public Tensor where(Tensor condition, Tensor y) => Op.Call("where.self", condition, this, y);

        public Tensor tril(long diagonal = 0) => Call("tril", diagonal);

        public Tensor tril_(long diagonal = 0) => InPlace("tril_", diagonal);

        public Tensor triu(long diagonal = 0) => Call("triu", diagonal);

        public Tensor triu_(long diagonal = 0) => InPlace("triu_", diagonal);

        public Tensor diag(long diagonal = 0) => Call("diag", diagonal);

        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) => Call("diag_embed", offset, dim1, dim2);

        public Tensor diagflat(long offset = 0) => Call("diagflat", offset);

        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Call("diagonal", offset, dim1, dim2);

        public Tensor take_along_dim(IEnumerable<long> indices) => take_along_dim(tensor(indices.ToArray(), device: device));

        public Tensor take_along_dim(IEnumerable<long> indices, long dim) => take_along_dim(tensor(indices.ToArray(), device: device), dim);
    }
}
