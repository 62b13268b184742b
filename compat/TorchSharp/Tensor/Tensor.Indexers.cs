using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => Call("select.int", 0, i1);
            set => index_put_(value, new TensorIndex[] { i1 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(new TensorIndex[] { i1, i2 });
            set => index_put_(value, new TensorIndex[] { i1, i2 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(new TensorIndex[] { i1, i2, i3 });
            set => index_put_(value, new TensorIndex[] { i1, i2, i3 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(new TensorIndex[] { i1, i2, i3, i4 });
            set => index_put_(value, new TensorIndex[] { i1, i2, i3, i4 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => index(new TensorIndex[] { i1, i2, i3, i4, i5 });
            set => index_put_(value, new TensorIndex[] { i1, i2, i3, i4, i5 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => index(new TensorIndex[] { i1, i2, i3, i4, i5, i6 });
            set => index_put_(value, new TensorIndex[] { i1, i2, i3, i4, i5, i6 });
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => index(Array.ConvertAll(indices, i => (TensorIndex)i));
            set => index_put_(value, Array.ConvertAll(indices, i => (TensorIndex)i));
        }

        /// <summary>What <c>tensor[...]</c> gives: a view, or a copy where tensors are among the indices.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            var view = Sliced(indices, out var tensors);
            if (tensors is null)
            {
                return view;
            }

            using (view)
            {
                return view.Call("index.Tensor", Arg.OptionalTensors(tensors));
            }
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        /// <summary>What <c>tensor[...] = value</c> does.</summary>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            ArgumentNullException.ThrowIfNull(value);
            using var view = Sliced(indices, out var tensors);
            if (tensors is not null)
            {
                Op.Do("index_put_", view, Arg.OptionalTensors(tensors), value, accumulate);
            }
            else if (accumulate)
            {
                view.add_(value);
            }
            else if (value.Dimensions > view.Dimensions)
            {
                // As in Python: dimensions of size 1 in front may be left out.
                using var smaller = value.reshape(value.shape[^(int)view.Dimensions..]);
                view.copy_(smaller);
            }
            else
            {
                view.copy_(value);
            }

            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var filler = full([], value, dtype, device);
            return index_put_(filler, indices, false);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        /// <summary>
        /// Applies all indices that only need a view. What is left, if anything, are tensors: in a list with nulls for the
        /// dimensions before and between them.
        /// </summary>
        private Tensor Sliced(TensorIndex[] indices, out Tensor?[]? tensors)
        {
            ArgumentNullException.ThrowIfNull(indices);
            var view = to_same();
            List<Tensor?>? left = null;
            long dim = 0;
            long covered = 0;
            for (var i = 0; i < indices.Length; i++)
            {
                ref readonly var index = ref indices[i];
                switch (index.Kind)
                {
                    case TensorIndex.IndexKind.Single:
                        view = view.Then("select.int", dim, index.First ?? 0);
                        break;
                    case TensorIndex.IndexKind.Slice:
                        if (index is not { First: null, Last: null, Step: null })
                        {
                            view = view.Then("slice.Tensor", dim, index.First, index.Last, index.Step ?? 1);
                        }

                        dim++;
                        break;
                    case TensorIndex.IndexKind.None:
                        view = view.Then("unsqueeze", dim++);
                        break;
                    case TensorIndex.IndexKind.Ellipsis:
                        dim = Math.Max(dim, view.Dimensions - Consumed(indices.AsSpan(i + 1)));
                        break;
                    default:
                        // A boolean alone is a mask over a new dimension of size 1.
                        var values = index.Values;
                        if (index.Kind == TensorIndex.IndexKind.Bool)
                        {
                            view = view.Then("unsqueeze", dim);
                            values = tensor([index.First != 0], device: device);
                        }

                        left ??= [];
                        left.AddRange(Enumerable.Repeat<Tensor?>(null, (int)(dim - covered)));
                        left.Add(values!);
                        covered = dim += IsMask(values!) ? values!.Dimensions : 1;
                        break;
                }
            }

            tensors = left?.ToArray();
            return view;
        }

        private static bool IsMask(Tensor index) => index.dtype is ScalarType.Bool or ScalarType.Byte;

        /// <summary>How many dimensions of the tensor the indices take.</summary>
        private static long Consumed(ReadOnlySpan<TensorIndex> indices)
        {
            long dims = 0;
            foreach (ref readonly var index in indices)
            {
                dims += index.Kind switch
                {
                    TensorIndex.IndexKind.Single or TensorIndex.IndexKind.Slice => 1,
                    TensorIndex.IndexKind.Tensor => IsMask(index.Values!) ? index.Values!.Dimensions : 1,
                    _ => 0,
                };
            }

            return dims;
        }

        /// <summary>The next step of a chain: this tensor was only needed to get there.</summary>
        private Tensor Then(string op, params ReadOnlySpan<Arg> rest)
        {
            using (this)
            {
                return Op.On(this, op, rest);
            }
        }
    }
}
