namespace TorchSharp;

public static partial class torch
{
    public static Tensor tensor(
        float real, float imaginary, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Scalar((real, imaginary), dtype, device, requires_grad);

    public static Tensor tensor(
        double real, double imaginary, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Scalar(new System.Numerics.Complex(real, imaginary), dtype, device, requires_grad);
}
