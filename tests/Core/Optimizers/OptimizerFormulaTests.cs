namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>
/// What TorchSharp's RAdam and NAdam compute, against the formulas of PyTorch in double precision, and how exact its square root is.
/// Comparisons with
/// Python and docs/reading-from-python.md rely on it.
/// </summary>
[TestClass]
public sealed class OptimizerFormulaTests
{
    private const double Rate = 0.02;
    private const int Count = 6;
    private const int RectifiedFrom = 6;

    [TestMethod]
    public void Step_OfNAdam_IsThatOfPyTorch2()
    {
        var reference = new ReferenceNAdam(Rate) { Steps = 0, MuProduct = 1, Mean = new double[Count], Square = new double[Count] };

        var differences = Run(parameters => optim.NAdam(parameters, Rate), reference.Step);

        Assert.IsLessThan(1e-14, differences.Max());
    }

    [TestMethod]
    public void Step_OfRAdam_IsThatOfPyTorchUntilStepsAreRectified()
    {
        var differences = Run(parameters => optim.RAdam(parameters, Rate), Reference(isRateSquared: false).Step);

        Assert.IsLessThan(1e-14, differences[..(RectifiedFrom - 1)].Max());
        Assert.IsGreaterThan(
            1e-4,
            differences[RectifiedFrom - 1],
            "TorchSharp's RAdam is PyTorch's now: say so in docs/reading-from-python.md, "
                + "and compare it with Python like other optimizers.");
    }

    [TestMethod]
    public void Step_OfRAdam_MultipliesRectifiedStepsByTheLearningRateTwice()
    {
        var differences = Run(parameters => optim.RAdam(parameters, Rate), Reference(isRateSquared: true).Step);

        Assert.IsLessThan(1e-14, differences.Max());
    }

    [TestMethod]
    public void Step_OfRAdamWithTheSquareRootOfTheRateForRectifiedSteps_IsThatOfPyTorch()
    {
        RAdam? radam = null;
        var reference = Reference(isRateSquared: false);

        var differences = Run(parameters => radam = optim.RAdam(parameters, Rate), (parameters, gradients) =>
        {
            reference.Step(parameters, gradients);
            if (reference.Steps == RectifiedFrom - 1)
            {
                radam!.ParamGroups.Single().LearningRate = Math.Sqrt(Rate);
            }
        });

        Assert.IsLessThan(1e-14, differences.Max());
    }

    [TestMethod]
    public void Sqrt_OfFloats_IsOffByOneUlpAtMost()
    {
        manual_seed(9);
        using var scope = NewDisposeScope();
        var values = rand(100_000) * 10;

        var roots = values.sqrt().data<float>().ToArray();

        var exact = Array.ConvertAll(values.data<float>().ToArray(), MathF.Sqrt);
        Assert.IsLessThanOrEqualTo(
            1,
            roots.Zip(
                exact,
                (root, other) => Math.Abs(BitConverter.SingleToInt32Bits(root) - BitConverter.SingleToInt32Bits(other))).Max());
    }

    private static ReferenceRAdam Reference(bool isRateSquared) =>
        new(Rate, isRateSquared) { Steps = 0, Mean = new double[Count], Square = new double[Count] };

    /// <summary>How far the parameters are from those of the reference after each step.</summary>
    private static double[] Run(Func<Parameter[], OptimizerHelper> make, Action<double[], double[]> step)
    {
        manual_seed(8);
        using var parameter = nn.Parameter(randn(Count, ScalarType.Float64));
        using var optimizer = make([parameter]);
        var expected = parameter.data<double>().ToArray();
        var differences = new double[20];
        for (var index = 0; index < differences.Length; index++)
        {
            using var scope = NewDisposeScope();
            var gradient = randn(Count, ScalarType.Float64);
            parameter.grad = gradient;
            optimizer.step();
            step(expected, gradient.data<double>().ToArray());
            differences[index] = parameter.data<double>().ToArray().Zip(expected, (here, other) => Math.Abs(here - other)).Max();
        }

        parameter.grad = null;
        return differences;
    }
}
