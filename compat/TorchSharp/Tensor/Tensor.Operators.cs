namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        public static Tensor operator +(Scalar left, Tensor right) => right.Call("add.Scalar", left);

        public static Tensor operator +(Tensor left, int right) => left.Call("add.Scalar", right);

        public static Tensor operator +(Tensor left, long right) => left.Call("add.Scalar", right);

        public static Tensor operator +(Tensor left, float right) => left.Call("add.Scalar", right);

        public static Tensor operator +(Tensor left, double right) => left.Call("add.Scalar", right);

        public static Tensor operator +(int left, Tensor right) => right.Call("add.Scalar", left);

        public static Tensor operator +(long left, Tensor right) => right.Call("add.Scalar", left);

        public static Tensor operator +(float left, Tensor right) => right.Call("add.Scalar", left);

        public static Tensor operator +(double left, Tensor right) => right.Call("add.Scalar", left);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        public static Tensor operator -(Scalar left, Tensor right) => right.Call("rsub.Scalar", left);

        public static Tensor operator -(Tensor left, int right) => left.Call("sub.Scalar", right);

        public static Tensor operator -(Tensor left, long right) => left.Call("sub.Scalar", right);

        public static Tensor operator -(Tensor left, float right) => left.Call("sub.Scalar", right);

        public static Tensor operator -(Tensor left, double right) => left.Call("sub.Scalar", right);

        public static Tensor operator -(int left, Tensor right) => right.Call("rsub.Scalar", left);

        public static Tensor operator -(long left, Tensor right) => right.Call("rsub.Scalar", left);

        public static Tensor operator -(float left, Tensor right) => right.Call("rsub.Scalar", left);

        public static Tensor operator -(double left, Tensor right) => right.Call("rsub.Scalar", left);

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        public static Tensor operator *(Scalar left, Tensor right) => right.Call("mul.Scalar", left);

        public static Tensor operator *(Tensor left, int right) => left.Call("mul.Scalar", right);

        public static Tensor operator *(Tensor left, long right) => left.Call("mul.Scalar", right);

        public static Tensor operator *(Tensor left, float right) => left.Call("mul.Scalar", right);

        public static Tensor operator *(Tensor left, double right) => left.Call("mul.Scalar", right);

        public static Tensor operator *(int left, Tensor right) => right.Call("mul.Scalar", left);

        public static Tensor operator *(long left, Tensor right) => right.Call("mul.Scalar", left);

        public static Tensor operator *(float left, Tensor right) => right.Call("mul.Scalar", left);

        public static Tensor operator *(double left, Tensor right) => right.Call("mul.Scalar", left);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public static Tensor operator /(Scalar left, Tensor right) => Divide(left, right);

        public static Tensor operator /(Tensor left, int right) => left.Call("div.Scalar", right);

        public static Tensor operator /(Tensor left, long right) => left.Call("div.Scalar", right);

        public static Tensor operator /(Tensor left, float right) => left.Call("div.Scalar", right);

        public static Tensor operator /(Tensor left, double right) => left.Call("div.Scalar", right);

        public static Tensor operator /(int left, Tensor right) => Divide(left, right);

        public static Tensor operator /(long left, Tensor right) => Divide(left, right);

        public static Tensor operator /(float left, Tensor right) => Divide(left, right);

        public static Tensor operator /(double left, Tensor right) => Divide(left, right);

        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);

        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);

        public static Tensor operator %(Tensor left, int right) => left.Call("remainder.Scalar", right);

        public static Tensor operator %(Tensor left, long right) => left.Call("remainder.Scalar", right);

        public static Tensor operator %(Tensor left, float right) => left.Call("remainder.Scalar", right);

        public static Tensor operator %(Tensor left, double right) => left.Call("remainder.Scalar", right);

        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);

        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);

        public static Tensor operator ~(Tensor left) => left.bitwise_not();

        private static Tensor Divide(Scalar left, Tensor right)
        {
            using var inverse = right.reciprocal();
            return inverse.mul(left);
        }
    }
}
