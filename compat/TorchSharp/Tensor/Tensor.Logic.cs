namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor logical_and(Tensor other) => Call("logical_and", other);

        public Tensor logical_and_(Tensor other) => InPlace("logical_and_", other);

        public Tensor logical_or(Tensor other) => Call("logical_or", other);

        public Tensor logical_or_(Tensor other) => InPlace("logical_or_", other);

        public Tensor logical_xor(Tensor other) => Call("logical_xor", other);

        public Tensor logical_xor_(Tensor other) => InPlace("logical_xor_", other);

        public Tensor bitwise_and(Tensor other) => Call("bitwise_and.Tensor", other);

        public Tensor bitwise_and_(Tensor other) => InPlace("bitwise_and_.Tensor", other);

        public Tensor bitwise_or(Tensor other) => Call("bitwise_or.Tensor", other);

        public Tensor bitwise_or_(Tensor other) => InPlace("bitwise_or_.Tensor", other);

        public Tensor bitwise_xor(Tensor other) => Call("bitwise_xor.Tensor", other);

        public Tensor bitwise_xor_(Tensor other) => InPlace("bitwise_xor_.Tensor", other);

        public Tensor bitwise_left_shift(Tensor other) => Call("bitwise_left_shift.Tensor", other);

        public Tensor bitwise_left_shift_(Tensor other) => InPlace("bitwise_left_shift_.Tensor", other);

        public Tensor bitwise_right_shift(Tensor other) => Call("bitwise_right_shift.Tensor", other);

        public Tensor bitwise_right_shift_(Tensor other) => InPlace("bitwise_right_shift_.Tensor", other);
    }
}
