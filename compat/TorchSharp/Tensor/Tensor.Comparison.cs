using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Call("eq.Tensor", target);

        public Tensor eq(Scalar target) => Call("eq.Scalar", target);

        public Tensor eq_(Tensor target) => InPlace("eq_.Tensor", target);

        public Tensor eq_(Scalar target) => InPlace("eq_.Scalar", target);

        public Tensor ne(Tensor target) => Call("ne.Tensor", target);

        public Tensor ne(Scalar target) => Call("ne.Scalar", target);

        public Tensor ne_(Tensor target) => InPlace("ne_.Tensor", target);

        public Tensor ne_(Scalar target) => InPlace("ne_.Scalar", target);

        public Tensor not_equal(Tensor target) => ne(target);

        public Tensor not_equal_(Tensor target) => ne_(target);

        public Tensor lt(Tensor target) => Call("lt.Tensor", target);

        public Tensor lt(Scalar target) => Call("lt.Scalar", target);

        public Tensor lt_(Tensor target) => InPlace("lt_.Tensor", target);

        public Tensor lt_(Scalar target) => InPlace("lt_.Scalar", target);

        public Tensor less(Tensor target) => lt(target);

        public Tensor le(Tensor target) => Call("le.Tensor", target);

        public Tensor le(Scalar target) => Call("le.Scalar", target);

        public Tensor le_(Tensor target) => InPlace("le_.Tensor", target);

        public Tensor le_(Scalar target) => InPlace("le_.Scalar", target);

        public Tensor less_equal(Tensor target) => le(target);

        public Tensor less_equal_(Tensor target) => le_(target);

        public Tensor gt(Tensor target) => Call("gt.Tensor", target);

        public Tensor gt(Scalar target) => Call("gt.Scalar", target);

        public Tensor gt_(Tensor target) => InPlace("gt_.Tensor", target);

        public Tensor gt_(Scalar target) => InPlace("gt_.Scalar", target);

        public Tensor greater(Tensor target) => gt(target);

        public Tensor ge(Tensor target) => Call("ge.Tensor", target);

        public Tensor ge(Scalar target) => Call("ge.Scalar", target);

        public Tensor ge_(Tensor target) => InPlace("ge_.Tensor", target);

        public Tensor ge_(Scalar target) => InPlace("ge_.Scalar", target);

        public Tensor greater_equal(Tensor target) => ge(target);

        /// <summary>Element by element, like <see cref="eq(Tensor)"/>. For one answer: <c>a.eq(b).all()</c>, or <see cref="Equals(Tensor)"/>.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Whether both have the same shape and the same values.</summary>
        public bool Equals(Tensor target) => target is not null && Op.CallBool("equal", this, target);

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        // By identity: two tensors with the same values may change apart.
        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Op.CallBool("allclose", this, target, rtol, atol, equal_nan);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) =>
            Call("isclose", other, rtol, atol, nanEqual);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Call("isin.Tensor_Tensor", test_elements, assumeUnique, invert);
    }
}
