using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Call("sum", Arg.Dtype(type));

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Call("sum.dim_IntList", dim, keepdim, Arg.Dtype(type));

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => sum(dim.ToArray(), keepdim, type);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum(new[] { dim }, keepdim, type);

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum(new[] { dim0, dim1 }, keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            sum(new[] { dim0, dim1, dim2 }, keepdim, type);

        public Tensor nansum() => Call("nansum");

        public Tensor mean() => Call("mean");

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Call("mean.dim", dimensions, keepdim, Arg.Dtype(type));

        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
            Call("nanmean", dim is { } d ? new long[] { d } : Arg.None, keepdim, Arg.Dtype(dtype));

        public Tensor median() => Call("median");

        public Tensor nanmedian() => Call("nanmedian");

        public Tensor prod(ScalarType? type = null) => Call("prod", Arg.Dtype(type));

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Call("prod.dim_int", dim, keepdim, Arg.Dtype(type));

        public Tensor all() => Call("all");

        public Tensor all(long dim, bool keepdim = false) => Call("all.dim", dim, keepdim);

        public Tensor any() => Call("any");

        public Tensor any(long dim, bool keepdim = false) => Call("any.dim", dim, keepdim);

        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Call("count_nonzero") : Call("count_nonzero.dim_IntList", dims);

        public Tensor logsumexp(long dim, bool keepdim = false) => Call("logsumexp", new[] { dim }, keepdim);

        public Tensor norm(float p = 2) => Call("norm.Scalar", (double)p);

        public Tensor norm(int dim, bool keepdim = false, float p = 2) => Call("norm.ScalarOpt_dim", (double)p, new long[] { dim }, keepdim);

        public Tensor dist(Tensor other, float p = 2) => Call("dist", other, (double)p);

        public Tensor trace() => Call("trace");
    }
}
