namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Call("div.Tensor_mode", target, Mode(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor true_divide(Tensor other) => Call("true_divide.Tensor", other);

        public Tensor floor_divide(Tensor other) => Call("floor_divide", other);

        public Tensor remainder(Tensor target) => Call("remainder.Tensor", target);

        public Tensor fmod(Tensor target) => Call("fmod.Tensor", target);

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace("div_.Tensor_mode", target, Mode(rounding_mode));

        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor true_divide_(Tensor other) => InPlace("true_divide_.Tensor", other);

        public Tensor floor_divide_(Tensor other) => InPlace("floor_divide_.Tensor", other);

        public Tensor remainder_(Tensor target) => InPlace("remainder_.Tensor", target);

        public Tensor fmod_(Tensor target) => InPlace("fmod_.Tensor", target);

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Call("div.Scalar_mode", target, Mode(rounding_mode));

        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        public Tensor true_divide(Scalar other) => Call("true_divide.Scalar", other);

        public Tensor floor_divide(Scalar other) => Call("floor_divide.Scalar", other);

        public Tensor remainder(Scalar scalar) => Call("remainder.Scalar", scalar);

        public Tensor fmod(Scalar scalar) => Call("fmod.Scalar", scalar);

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            InPlace("div_.Scalar_mode", target, Mode(rounding_mode));

        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor true_divide_(Scalar other) => InPlace("true_divide_.Scalar", other);

        public Tensor floor_divide_(Scalar other) => InPlace("floor_divide_.Scalar", other);

        public Tensor remainder_(Scalar scalar) => InPlace("remainder_.Scalar", scalar);

        public Tensor fmod_(Scalar scalar) => InPlace("fmod_.Scalar", scalar);

        private static string? Mode(RoundingMode mode) => mode switch
        {
            RoundingMode.None => null,
            RoundingMode.trunc => "trunc",
            RoundingMode.floor => "floor",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a rounding mode."),
        };
    }
}
