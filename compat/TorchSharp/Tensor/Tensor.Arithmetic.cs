using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Call("add.Tensor", target);

        public Tensor add(Tensor target, Scalar alpha) => Call("add.Tensor", target, alpha);

        public Tensor add(Scalar scalar) => Call("add.Scalar", scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => Call("add.Scalar", scalar, alpha);

        public Tensor add_(Tensor target) => InPlace("add_.Tensor", target);

        public Tensor add_(Tensor target, Scalar alpha) => InPlace("add_.Tensor", target, alpha);

        public Tensor add_(Scalar scalar) => InPlace("add_.Scalar", scalar);

        public Tensor add_(Scalar scalar, Scalar alpha) => InPlace("add_.Scalar", scalar, alpha);

        public Tensor sub(Tensor target) => Call("sub.Tensor", target);

        public Tensor sub(Scalar target) => Call("sub.Scalar", target);

        public Tensor subtract(Tensor target) => sub(target);

        public Tensor subtract(Scalar target) => sub(target);

        public Tensor sub_(Tensor target) => InPlace("sub_.Tensor", target);

        public Tensor sub_(Scalar target) => InPlace("sub_.Scalar", target);

        public Tensor subtract_(Tensor target) => sub_(target);

        public Tensor subtract_(Scalar target) => sub_(target);

        public Tensor mul(Tensor target) => Call("mul.Tensor", target);

        public Tensor mul(Scalar target) => Call("mul.Scalar", target);

        public Tensor multiply(Tensor target) => mul(target);

        public Tensor multiply(Scalar target) => mul(target);

        public Tensor mul_(Tensor target) => InPlace("mul_.Tensor", target);

        public Tensor mul_(Scalar target) => InPlace("mul_.Scalar", target);

        public Tensor pow(Tensor exponent) => Call("pow.Tensor_Tensor", exponent);

        public Tensor pow(Scalar exponent) => Call("pow.Tensor_Scalar", exponent);

        public Tensor pow_(Tensor exponent) => InPlace("pow_.Tensor", exponent);

        public Tensor pow_(Scalar exponent) => InPlace("pow_.Scalar", exponent);

        public Tensor float_power(Tensor target) => Call("float_power.Tensor_Tensor", target);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Call("addcmul", tensor1, tensor2, value);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace("addcmul_", tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Call("addcdiv", tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Call("addcdiv", tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace("addcdiv_", tensor1, tensor2, value);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => InPlace("addcdiv_", tensor1, tensor2);

        public Tensor lerp(Tensor end, Tensor weight) => Call("lerp.Tensor", end, weight);

        public Tensor lerp_(Tensor end, Tensor weight) => InPlace("lerp_.Tensor", end, weight);

        public Tensor gcd(Tensor other) => Call("gcd", other);

        public Tensor gcd_(Tensor other) => InPlace("gcd_", other);

        public Tensor lcm(Tensor other) => Call("lcm", other);

        public Tensor lcm_(Tensor other) => InPlace("lcm_", other);

        public Tensor ldexp(Tensor other) => Call("ldexp.Tensor", other);

        public Tensor ldexp_(Tensor other) => InPlace("ldexp_", other);

        public Tensor igamma(Tensor other) => Call("igamma", other);

        public Tensor igammac(Tensor other) => Call("igammac", other);

        public Tensor polygamma(long p) => Op.Call("polygamma", p, this);

        public Tensor polygamma_(long p) => InPlace("polygamma_", p);

        public Tensor mvlgamma(long p) => Call("mvlgamma", p);

        public Tensor mvlgamma_(long p) => InPlace("mvlgamma_", p);
    }
}
