namespace TorchSharp;

// Other shapes of the same values; most are views of the same memory.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Call("view", shape);

        public Tensor view_as(Tensor other) => Call("view_as", other);

        public Tensor reshape(params long[] shape) => Call("reshape", shape);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Call("flatten.using_ints", start_dim, end_dim);

        public Tensor unflatten(long dim, params long[] sizes)
        {
            var shape = new List<long>(this.shape);
            var at = Wrap((int)dim, shape.Count);
            shape.RemoveAt(at);
            shape.InsertRange(at, sizes);
            return view([.. shape]);
        }

        public Tensor unflatten(long dim, Size sizes) => unflatten(dim, sizes.Shape);

        public Tensor ravel() => Call("ravel");

        public Tensor squeeze(long? dim = null) => dim is { } d ? Call("squeeze.dim", d) : Call("squeeze");

        public Tensor squeeze_(long? dim = null) => dim is { } d ? InPlace("squeeze_.dim", d) : InPlace("squeeze_");

        public Tensor unsqueeze(long dim) => Call("unsqueeze", dim);

        public Tensor unsqueeze_(long dim) => InPlace("unsqueeze_", dim);

        public Tensor t() => Call("t");

        public Tensor T => Call("numpy_T");

        public Tensor mT => Call("mT");

        public Tensor H => Call("matrix_H");

        public Tensor mH => Call("mH");

        public Tensor transpose(long dim0, long dim1) => Call("transpose.int", dim0, dim1);

        public Tensor transpose_(long dim0, long dim1) => InPlace("transpose_", dim0, dim1);

        public Tensor swapdims(long dim0, long dim1) => Call("swapdims", dim0, dim1);

        public Tensor swapaxes(long dim0, long dim1) => Call("swapaxes", dim0, dim1);

        public Tensor adjoint() => Call("adjoint");

        public Tensor permute(params long[] permutation) => Call("permute", permutation);

        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        public Tensor movedim(long[] source, long[] destination) => Call("movedim.intlist", source, destination);

        public Tensor moveaxis(long[] source, long[] destination) => Call("moveaxis.intlist", source, destination);

        public Tensor expand(params long[] sizes) => Call("expand", sizes);

        public Tensor expand(long[] sizes, bool isImplicit = false) => Call("expand", sizes, isImplicit);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => expand(sizes.ToArray(), isImplicit);

        public Tensor expand(Size sizes, bool isImplicit = false) => expand(sizes.Shape, isImplicit);

        public Tensor expand_as(Tensor other) => Call("expand_as", other);

        public Tensor broadcast_to(params long[] shape) => Call("broadcast_to", shape);

        public Tensor repeat(params long[] sizes) => Call("repeat", sizes);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Call("repeat_interleave.self_Tensor", repeats, dim, output_size);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Call("repeat_interleave.self_int", repeats, dim, output_size);

        public Tensor tile(long[] reps) => Call("tile", reps);

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => Call("as_strided", size, strides, storageOffset);

        public Tensor unfold(long dimension, long size, long step) => Call("unfold", dimension, size, step);

        public Tensor flip(params long[] dims) => Call("flip", dims);

        public Tensor fliplr() => Call("fliplr");

        public Tensor flipud() => Call("flipud");

        public Tensor roll(long shifts, long? dims = null) => dims is { } d ? Call("roll", new[] { shifts }, new[] { d }) : Call("roll", new[] { shifts });

        public Tensor roll(long[] shifts, long[] dims) => Call("roll", shifts, dims);

        public Tensor roll(long[] shifts) => Call("roll", shifts);

        public Tensor rot90(long k = 1, (long, long)? dims = null) => Call("rot90", k, dims is { } d ? new[] { d.Item1, d.Item2 } : new long[] { 0, 1 });

        public Tensor atleast_1d() => Call("atleast_1d");

        public Tensor atleast_2d() => Call("atleast_2d");

        public Tensor atleast_3d() => Call("atleast_3d");

        public Tensor contiguous() => Call("contiguous");

        public Tensor clone() => Call("clone");

        public Tensor alias() => Call("alias");

        public Tensor view_as_real() => Call("view_as_real");

        public Tensor view_as_complex() => Call("view_as_complex");

        public Tensor real => Call("real");

        public Tensor imag => Call("imag");

        public Tensor roll((long, long) shifts, (long, long) dims) =>
            roll(new[] { shifts.Item1, shifts.Item2 }, new[] { dims.Item1, dims.Item2 });

        public Tensor roll((long, long, long) shifts, (long, long, long) dims) =>
            roll(new[] { shifts.Item1, shifts.Item2, shifts.Item3 }, new[] { dims.Item1, dims.Item2, dims.Item3 });

        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => Call("roll", shifts.ToArray(), dims.ToArray());

        public Tensor channel_shuffle(long groups) => Call("channel_shuffle", groups);
    }
}
