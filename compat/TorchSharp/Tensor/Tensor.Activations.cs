namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor relu() => Call("relu");

        public Tensor relu_() => InPlace("relu_");

        public Tensor relu6() => Call("relu6");

        public Tensor relu6_() => InPlace("relu6_");

        public Tensor selu() => Call("selu");

        public Tensor selu_() => InPlace("selu_");

        public Tensor silu() => Call("silu");

        public Tensor silu_() => InPlace("silu_");

        public Tensor gelu() => Call("gelu");

        public Tensor gelu_() => InPlace("gelu_");

        public Tensor celu() => Call("celu");

        public Tensor celu_() => InPlace("celu_");

        public Tensor hardsigmoid() => Call("hardsigmoid");

        public Tensor hardsigmoid_() => InPlace("hardsigmoid_");

        public Tensor hardswish() => Call("hardswish");

        public Tensor hardswish_() => InPlace("hardswish_");

        public Tensor celu(Scalar alpha) => Call("celu", alpha);

        public Tensor celu_(Scalar alpha) => InPlace("celu_", alpha);

        public Tensor elu(double alpha = 1.0) => Call("elu", alpha);

        public Tensor elu_(double alpha = 1.0) => InPlace("elu_", alpha);

        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => Call("elu", alpha, scale, input_scale);

        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => InPlace("elu_", alpha, scale, input_scale);

        public Tensor glu(long dim = -1) => Call("glu", dim);

        public Tensor hardtanh(Scalar min, Scalar max) => Call("hardtanh", min, max);

        public Tensor hardtanh_(Scalar min, Scalar max) => InPlace("hardtanh_", min, max);

        public Tensor leaky_relu(Scalar negative_slope) => Call("leaky_relu", negative_slope);

        public Tensor leaky_relu_(Scalar negative_slope) => InPlace("leaky_relu_", negative_slope);

        public Tensor log_sigmoid() => Call("log_sigmoid");

        public Tensor softplus(double beta = 1, double threshold = 20) => Call("softplus", beta, threshold);

        public Tensor prelu(Tensor target) => Call("prelu", target);

        public Tensor threshold(Scalar threshold, Scalar value) => Call("threshold", threshold, value);

        public Tensor threshold_(Scalar threshold, Scalar value) => InPlace("threshold_", threshold, value);

        public Tensor rrelu(double lower = 0.125, double upper = 0.3333333333333333) => Call("rrelu", lower, upper);

        public Tensor rrelu_(double lower = 0.125, double upper = 0.3333333333333333) => InPlace("rrelu_", lower, upper);
    }
}
