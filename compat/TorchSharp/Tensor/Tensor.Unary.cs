using TorchSharp.Interop;

namespace TorchSharp;

// Element by element, of one tensor. A name that ends in _ changes the tensor itself.
public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Call("abs");

        public Tensor abs_() => InPlace("abs_");

        public Tensor ceil() => Call("ceil");

        public Tensor ceil_() => InPlace("ceil_");

        public Tensor exp() => Call("exp");

        public Tensor exp_() => InPlace("exp_");

        public Tensor expm1() => Call("expm1");

        public Tensor expm1_() => InPlace("expm1_");

        public Tensor floor() => Call("floor");

        public Tensor floor_() => InPlace("floor_");

        public Tensor frac() => Call("frac");

        public Tensor frac_() => InPlace("frac_");

        public Tensor log() => Call("log");

        public Tensor log_() => InPlace("log_");

        public Tensor log10() => Call("log10");

        public Tensor log10_() => InPlace("log10_");

        public Tensor log1p() => Call("log1p");

        public Tensor log1p_() => InPlace("log1p_");

        public Tensor log2() => Call("log2");

        public Tensor log2_() => InPlace("log2_");

        public Tensor neg() => Call("neg");

        public Tensor neg_() => InPlace("neg_");

        public Tensor reciprocal() => Call("reciprocal");

        public Tensor reciprocal_() => InPlace("reciprocal_");

        public Tensor rsqrt() => Call("rsqrt");

        public Tensor rsqrt_() => InPlace("rsqrt_");

        public Tensor sigmoid() => Call("sigmoid");

        public Tensor sigmoid_() => InPlace("sigmoid_");

        public Tensor sign() => Call("sign");

        public Tensor sign_() => InPlace("sign_");

        public Tensor sgn() => Call("sgn");

        public Tensor sgn_() => InPlace("sgn_");

        public Tensor sqrt() => Call("sqrt");

        public Tensor sqrt_() => InPlace("sqrt_");

        public Tensor trunc() => Call("trunc");

        public Tensor trunc_() => InPlace("trunc_");

        public Tensor erf() => Call("erf");

        public Tensor erf_() => InPlace("erf_");

        public Tensor erfc() => Call("erfc");

        public Tensor erfc_() => InPlace("erfc_");

        public Tensor erfinv() => Call("erfinv");

        public Tensor erfinv_() => InPlace("erfinv_");

        public Tensor digamma() => Call("digamma");

        public Tensor digamma_() => InPlace("digamma_");

        public Tensor lgamma() => Call("lgamma");

        public Tensor lgamma_() => InPlace("lgamma_");

        public Tensor logical_not() => Call("logical_not");

        public Tensor logical_not_() => InPlace("logical_not_");

        public Tensor bitwise_not() => Call("bitwise_not");

        public Tensor bitwise_not_() => InPlace("bitwise_not_");

        public Tensor conj_physical() => Call("conj_physical");

        public Tensor conj_physical_() => InPlace("conj_physical_");

        public Tensor absolute() => Call("absolute");

        public Tensor negative() => Call("negative");

        public Tensor exp2() => Call("exp2");

        public Tensor square() => Call("square");

        public Tensor signbit() => Call("signbit");

        public Tensor positive() => Call("positive");

        public Tensor isfinite() => Call("isfinite");

        public Tensor isinf() => Call("isinf");

        public Tensor isnan() => Call("isnan");

        public Tensor isneginf() => Call("isneginf");

        public Tensor isposinf() => Call("isposinf");

        public Tensor isreal() => Call("isreal");

        public Tensor angle() => Call("angle");

        public Tensor conj() => Call("conj");

        public Tensor resolve_conj() => Call("resolve_conj");

        public Tensor resolve_neg() => Call("resolve_neg");

        public Tensor i0() => Call("i0");

        public Tensor absolute_() => abs_();

        public Tensor fix() => trunc();

        public Tensor fix_() => trunc_();

        public Tensor round(long decimals = 0) => Call("round.decimals", decimals);

        public Tensor round_(long decimals = 0) => InPlace("round_.decimals", decimals);

        public Tensor deg2rad() => Call("deg2rad");

        public Tensor rad2deg() => Call("rad2deg");

        public Tensor logit(double? eps = null) => Call("logit", eps);

        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) => Call("nan_to_num", nan, posinf, neginf);

        public bool is_conj() => Op.CallBool("is_conj", this);

        public bool is_neg() => Op.CallBool("is_neg", this);
    }
}
