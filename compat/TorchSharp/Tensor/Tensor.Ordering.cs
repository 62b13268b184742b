using TorchSharp.Interop;

namespace TorchSharp;

// Greatest, least, in order.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor max() => Call("max");

        public Tensor max(Tensor other) => Call("max.other", other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Op.Call2("max.dim", this, dim, keepdim);

        public Tensor maximum(Tensor other) => Call("maximum", other);

        public Tensor fmax(Tensor other) => Call("fmax", other);

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? Call("amax", dims, keepdim) : Call("amax.out", dims, keepdim, @out);

        public Tensor amax(params long[] dims) => Call("amax", dims);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amax(dims.ToArray(), keepdim, @out);

        public Tensor argmax() => Call("argmax");

        public Tensor argmax(long dim, bool keepdim = false) => Call("argmax", dim, keepdim);

        public (Tensor values, Tensor indexes) cummax(long dim) => Op.Call2("cummax", this, dim);

        public Tensor min() => Call("min");

        public Tensor min(Tensor other) => Call("min.other", other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Op.Call2("min.dim", this, dim, keepdim);

        public Tensor minimum(Tensor other) => Call("minimum", other);

        public Tensor fmin(Tensor other) => Call("fmin", other);

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? Call("amin", dims, keepdim) : Call("amin.out", dims, keepdim, @out);

        public Tensor amin(params long[] dims) => Call("amin", dims);

        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amin(dims.ToArray(), keepdim, @out);

        public Tensor argmin() => Call("argmin");

        public Tensor argmin(long dim, bool keepdim = false) => Call("argmin", dim, keepdim);

        public (Tensor values, Tensor indexes) cummin(long dim) => Op.Call2("cummin", this, dim);

        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => Op.Call2("aminmax", this, dim, keepdim);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Op.Call2("topk", this, k, dim, largest, sorted);

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Op.Call2("sort.stable", this, stable, dim, descending);

        public Tensor msort() => Call("msort");

        public Tensor argsort(long dim = -1, bool descending = false) => Call("argsort", dim, descending);

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) => Op.Call2("kthvalue", this, k, dim ?? -1, keepdim);

        public (Tensor values, Tensor indices) mode(long dim = -1, bool keepdim = false) => Op.Call2("mode", this, dim, keepdim);

        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Call("quantile", q, dim, keepdim);

        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => Call("nanquantile", q, dim, keepdim);

        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Call("histc", bins, min, max);

        public Tensor bincount(Tensor? weights, long minlength = 0) => Call("bincount", weights, minlength);

        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Op.Call("bucketize.Tensor", this, boundaries, outInt32, right);

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            var (values, inverse, counts) = dim is { } d
                ? Op.Call3("unique_dim", this, d, sorted, return_inverse, return_counts)
                : Op.Call3("_unique2", this, sorted, return_inverse, return_counts);
            return Asked(values, inverse, counts, return_inverse, return_counts);
        }

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(
            bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            var (values, inverse, counts) = Op.Call3("unique_consecutive", this, return_inverse, return_counts, (long?)dim);
            return Asked(values, inverse, counts, return_inverse, return_counts);
        }

        private static (Tensor Values, Tensor? Inverse, Tensor? Counts) Asked(
            Tensor values, Tensor inverse, Tensor counts, bool return_inverse, bool return_counts)
        {
            if (!return_inverse)
            {
                inverse.Dispose();
            }

            if (!return_counts)
            {
                counts.Dispose();
            }

            return (values, return_inverse ? inverse : null, return_counts ? counts : null);
        }

        public static (Tensor values, Tensor indices) kthvalue(Tensor input, long k, long? dim, bool keepdim = false) => input.kthvalue(k, dim, keepdim);
    }
}
