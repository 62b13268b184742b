using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor relu(Tensor x, bool inplace = false) => Op.Call(inplace ? "relu_" : "relu", x);

            public static Tensor relu6(Tensor x, bool inplace = false) => Op.Call(inplace ? "relu6_" : "relu6", x);

            public static Tensor leaky_relu(
                Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                Op.Call(inplace ? "leaky_relu_" : "leaky_relu", input, negative_slope);

            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => Op.Call(inplace ? "elu_" : "elu", x, alpha);

            public static Tensor celu(Tensor x, double alpha, bool inplace = false) => Op.Call(inplace ? "celu_" : "celu", x, alpha);

            public static Tensor selu(Tensor x, bool inplace = false) => Op.Call(inplace ? "selu_" : "selu", x);

            public static Tensor gelu(Tensor x) => Op.Call("gelu", x);

            public static Tensor gelu(Tensor x, bool inplace) => Op.Call(inplace ? "gelu_" : "gelu", x);

            public static Tensor silu(Tensor x, bool inplace = false) => Op.Call(inplace ? "silu_" : "silu", x);

            public static Tensor mish(Tensor x, bool inplace = false) => Op.Call(inplace ? "mish_" : "mish", x);

            public static Tensor sigmoid(Tensor x) => Op.Call("sigmoid", x);

            public static Tensor sigmoid(Tensor x, bool inplace) => Op.Call(inplace ? "sigmoid_" : "sigmoid", x);

            public static Tensor tanh(Tensor x, bool inplace = false) => Op.Call(inplace ? "tanh_" : "tanh", x);

            public static Tensor hardtanh(
                Tensor x, double min_val = -1.0, double max_val = 1.0, bool inplace = false) =>
                Op.Call(inplace ? "hardtanh_" : "hardtanh", x, min_val, max_val);

            public static Tensor hardsigmoid(Tensor input, bool inplace = false) => Op.Call(inplace ? "hardsigmoid_" : "hardsigmoid", input);

            public static Tensor hardswish(Tensor input, bool inplace = false) => Op.Call(inplace ? "hardswish_" : "hardswish", input);

            public static Tensor threshold(
                Tensor x, double threshold, double value, bool inplace = false) =>
                Op.Call(inplace ? "threshold_" : "threshold", x, threshold, value);

            public static Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0) => Op.Call("softplus", x, beta, threshold);

            public static Tensor logsigmoid(Tensor x) => Op.Call("log_sigmoid", x);

            public static Tensor hardshrink(Tensor x, double lambda = 0.5) => Op.Call("hardshrink", x, lambda);

            public static Tensor softshrink(Tensor x, double lambda = 0.5) => Op.Call("softshrink", x, lambda);

            public static Tensor glu(Tensor input, long dim = -1) => Op.Call("glu", input, dim);

            public static Tensor prelu(Tensor input, Tensor weight) => Op.Call("prelu", input, weight);

            public static Tensor softsign(Tensor x, bool inplace = false)
            {
                using var scale = x.abs();
                scale.add_(1);
                return inplace ? Op.Call("div_.Tensor", x, scale) : Op.Call("div.Tensor", x, scale);
            }

            public static Tensor tanhshrink(Tensor x, bool inplace = false)
            {
                using var tangent = x.tanh();
                return inplace ? Op.Call("sub_.Tensor", x, tangent) : Op.Call("sub.Tensor", x, tangent);
            }

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => Op.Call("softmax.int", input, dim, Arg.Dtype(dtype));

            public static Tensor log_softmax(Tensor x, long dim) => Op.Call("log_softmax.int", x, dim);

            public static Tensor softmin(Tensor x, long dim)
            {
                using var negative = x.neg();
                return softmax(negative, dim);
            }
        }
    }
}
