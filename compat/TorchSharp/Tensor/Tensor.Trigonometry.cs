namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sin() => Call("sin");

        public Tensor sin_() => InPlace("sin_");

        public Tensor cos() => Call("cos");

        public Tensor cos_() => InPlace("cos_");

        public Tensor tan() => Call("tan");

        public Tensor tan_() => InPlace("tan_");

        public Tensor asin() => Call("asin");

        public Tensor asin_() => InPlace("asin_");

        public Tensor arcsin() => asin();

        public Tensor arcsin_() => asin_();

        public Tensor acos() => Call("acos");

        public Tensor acos_() => InPlace("acos_");

        public Tensor arccos() => acos();

        public Tensor arccos_() => acos_();

        public Tensor atan() => Call("atan");

        public Tensor atan_() => InPlace("atan_");

        public Tensor arctan() => atan();

        public Tensor arctan_() => atan_();

        public Tensor sinh() => Call("sinh");

        public Tensor sinh_() => InPlace("sinh_");

        public Tensor cosh() => Call("cosh");

        public Tensor cosh_() => InPlace("cosh_");

        public Tensor tanh() => Call("tanh");

        public Tensor tanh_() => InPlace("tanh_");

        public Tensor asinh() => Call("asinh");

        public Tensor asinh_() => InPlace("asinh_");

        public Tensor arcsinh() => asinh();

        public Tensor arcsinh_() => asinh_();

        public Tensor acosh() => Call("acosh");

        public Tensor acosh_() => InPlace("acosh_");

        public Tensor arccosh() => acosh();

        public Tensor arccosh_() => acosh_();

        public Tensor atanh() => Call("atanh");

        public Tensor atanh_() => InPlace("atanh_");

        public Tensor arctanh() => atanh();

        public Tensor arctanh_() => atanh_();

        public Tensor sinc() => Call("sinc");

        public Tensor sinc_() => InPlace("sinc_");

        public Tensor atan2(Tensor other) => Call("atan2", other);

        public Tensor atan2_(Tensor other) => InPlace("atan2_", other);

        public Tensor arctan2(Tensor other) => atan2(other);

        public Tensor arctan2_(Tensor other) => atan2_(other);

        public Tensor arctan(Tensor other) => atan2(other);

        public Tensor arctan_(Tensor other) => atan2_(other);

        public Tensor hypot(Tensor other) => Call("hypot", other);
    }
}
