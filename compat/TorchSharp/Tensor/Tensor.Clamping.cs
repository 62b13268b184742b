namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Call("clamp", min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Call("clamp.Tensor", min, max);

        public Tensor clamp_max(Scalar max) => Call("clamp_max", max);

        public Tensor clamp_min(Scalar min) => Call("clamp_min", min);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => InPlace("clamp_", min, max);

        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => InPlace("clamp_.Tensor", min, max);

        public Tensor clamp_max_(Scalar max) => InPlace("clamp_max_", max);

        public Tensor clamp_min_(Scalar min) => InPlace("clamp_min_", min);

        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        public Tensor heaviside(Tensor other) => Call("heaviside", other);

        public Tensor copysign(Tensor other) => Call("copysign.Tensor", other);

        public Tensor nextafter(Tensor other) => Call("nextafter", other);
    }
}
