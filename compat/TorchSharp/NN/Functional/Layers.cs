using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The computations of the modules, without their parameters.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Op.Call("linear", input, weights, bias);

            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) =>
                Op.Call("bilinear", input1, input2, weight, bias);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Op.Call(inplace ? "dropout_" : "dropout", input, p, training);

            public static Tensor dropout1d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Op.Call(inplace ? "feature_dropout_" : "feature_dropout", input, p, training);

            public static Tensor dropout2d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Op.Call(inplace ? "feature_dropout_" : "feature_dropout", input, p, training);

            public static Tensor alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false) =>
                Op.Call(inplace ? "alpha_dropout_" : "alpha_dropout", input, p, training);

            /// <param name="x">Class numbers.</param>
            /// <param name="num_classes">How many classes; -1 for as many as occur.</param>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Op.Call("one_hot", x, num_classes);

            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) =>
                Op.Call("cosine_similarity", x1, x2, dim, eps);

            public static Tensor pairwise_distance(Tensor input1, Tensor input2, double p = 2.0, double eps = 1e-6, bool keepdim = false) =>
                Op.Call("pairwise_distance", input1, input2, p, eps, keepdim);

            /// <summary>Divides by the norm along a dimension, or by <paramref name="eps"/> where that is larger.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1, double eps = 1e-12)
            {
                using var scope = NewDisposeScope();
                var norm = Op.Call("norm.ScalarOpt_dim", input, p, new[] { dim }, true).clamp_min(eps);
                return input.div(norm.expand_as(input)).MoveToOuterDisposeScope();
            }

            public static Tensor batch_norm(
                Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false,
                double momentum = 0.1, double eps = 1e-05) =>
                Op.Call("batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            public static Tensor group_norm(
                Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) =>
                Op.Call("group_norm", input, num_groups, weight, bias, eps);

            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) =>
                Op.Call("layer_norm", input, normalized_shape, weight, bias, eps);

            /// <summary>Attention of queries to keys, step by step: the fused kernels of libtorch 2 are not used.</summary>
            /// <param name="query">[..., target, features]</param>
            /// <param name="key">[..., source, features]</param>
            /// <param name="value">[..., source, value features]</param>
            /// <param name="attn_mask">Where attention is allowed (bool), or what is added to the scores; null for everywhere.</param>
            /// <param name="p">The dropout of the attention.</param>
            /// <param name="is_casual">Whether a target sees no later source.</param>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false)
            {
                using var scope = NewDisposeScope();
                var scores = query.mul(1 / Math.Sqrt(query.shape[^1])).matmul(key.transpose(-2, -1));
                var mask = is_casual ? ones(
                    [query.shape[^2], key.shape[^2]], dtype: ScalarType.Bool, device: query.device).tril() : attn_mask;
                if (mask is not null)
                {
                    scores = mask.dtype == ScalarType.Bool ? scores.masked_fill(mask.logical_not(), double.NegativeInfinity) : scores.add(mask);
                }

                var attention = softmax(scores, -1);
                return (p > 0 ? dropout(attention, p) : attention).matmul(value).MoveToOuterDisposeScope();
            }
        }
    }
}
