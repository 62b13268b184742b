using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor[] split(long size, int dim = 0) => Op.CallList("split.Tensor", this, size, dim);

        public Tensor[] split(long[] sizes, long dim = 0) => Op.CallList("split_with_sizes", this, sizes, dim);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);

        public Tensor[] split(params long[] sizes) => split(sizes, 0);

        public Tensor[] tensor_split(long size, long dim = 0) => Op.CallList("tensor_split.sections", this, size, dim);

        public Tensor[] tensor_split(long[] sizes, long dim = 0) => Op.CallList("tensor_split.indices", this, sizes, dim);

        public Tensor[] tensor_split(Tensor indices, long dim = 0) => Op.CallList("tensor_split.tensor_indices_or_sections", this, indices, dim);

        public Tensor[] vsplit(long size) => Op.CallList("vsplit.int", this, size);

        public Tensor[] vsplit(params long[] sizes) => Op.CallList("vsplit.array", this, sizes);

        public Tensor[] hsplit(long size) => Op.CallList("hsplit.int", this, size);

        public Tensor[] hsplit(params long[] sizes) => Op.CallList("hsplit.array", this, sizes);

        public Tensor[] dsplit(long size) => Op.CallList("dsplit.int", this, size);

        public Tensor[] dsplit(params long[] sizes) => Op.CallList("dsplit.array", this, sizes);

        public Tensor[] chunk(long chunks, long dim = 0) => Op.CallList("chunk", this, chunks, dim);

        public Tensor[] unbind(long dimension = 0) => Op.CallList("unbind.int", this, dimension);

        public IList<Tensor> nonzero_as_list() => Op.CallList("nonzero_numpy", this);

        public Tensor[] vsplit(Tensor indices) => vsplit(indices.data<long>().ToArray());

        public Tensor[] hsplit(Tensor indices) => hsplit(indices.data<long>().ToArray());

        public Tensor[] dsplit(Tensor indices) => dsplit(indices.data<long>().ToArray());
    }
}
