using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor cumsum(long dim, ScalarType? type = null) => Call("cumsum", dim, Arg.Dtype(type));

        public Tensor cumprod(long dim, ScalarType? type = null) => Call("cumprod", dim, Arg.Dtype(type));

        public Tensor logcumsumexp(long dim) => Call("logcumsumexp", dim);

        public Tensor logaddexp(Tensor other) => Call("logaddexp", other);

        public Tensor logaddexp2(Tensor other) => Call("logaddexp2", other);

        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) => Call("diff", n, dim, prepend, append);

        public Tensor xlogy(Tensor y) => Call("xlogy.Tensor", y);

        public Tensor xlogy(Scalar y) => Call("xlogy.Scalar_Other", y);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Call("softmax.int", dim, Arg.Dtype(dtype));

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Call("log_softmax.int", dim, Arg.Dtype(dtype));

        public Tensor xlogy_(Tensor y) => InPlace("xlogy_.Tensor", y);

        public Tensor xlogy_(Scalar y) => InPlace("xlogy_.Scalar_Other", y);

        public Tensor trapezoid(Tensor x, long dim = -1) => Call("trapezoid.x", x, dim);

        public Tensor trapezoid(double dx = 1, long dim = -1) => Call("trapezoid.dx", dx, dim);

        public Tensor cumulative_trapezoid(Tensor x, long dim = -1) => Call("cumulative_trapezoid.x", x, dim);

        public Tensor cumulative_trapezoid(double dx = 1, long dim = -1) => Call("cumulative_trapezoid.dx", dx, dim);
    }
}
