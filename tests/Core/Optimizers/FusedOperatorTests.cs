using static Fulgurite.Tests.Core.Optimizers.FusedCases;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Steps by the fused operators of libtorch, which other devices use.</summary>
[TestClass]
public sealed class FusedOperatorTests
{
    [TestMethod]
    [DynamicData(nameof(Names), typeof(FusedCases))]
    public void Step_ByOperatorsOfLibtorch_IsThatOfTheKernel(string name)
    {
        Assert.IsTrue(TorchOperators.AreAvailable);
        var item = Cases.Single(item => item.Name == name);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            Parameter[] own = [Pattern(type, 1, 7, 3), Pattern(type, 1, 5), Pattern(type, 1, 2)];
            Parameter[] theirs = [Pattern(type, 1, 7, 3), Pattern(type, 1, 5), Pattern(type, 1, 2)];
            using var kernel = item.Fused(own);
            using var operators = item.Fused(theirs);
            ((IFusedOptimizer)operators).Stepper.PrefersOperators = true;
            for (var step = 2; step < 22; step++)
            {
                // One of them is behind the others by a step.
                var count = step == 5 ? 2 : 3;
                StepWith(kernel, own[..count], step);
                StepWith(operators, theirs[..count], step);
                Array.ForEach([own[2], theirs[2]], parameter => parameter.grad = null);
            }

            foreach (var (a, b) in own.Zip(theirs))
            {
                foreach (var (expected, actual) in Doubles(a).Zip(Doubles(b)))
                {
                    Assert.AreEqual(
                        expected, actual, (type == ScalarType.Float32 ? 1e-5 : 1e-12) * Math.Max(1, Math.Abs(expected)), $"{type}");
                }
            }

            // The same state: a step by the kernel goes on from the operators'.
            ((IFusedOptimizer)operators).Stepper.PrefersOperators = false;
            StepWith(operators, theirs, 30);
            StepWith(kernel, own, 30);
            Assert.AreEqual(Doubles(own[0])[0], Doubles(theirs[0])[0], 1e-5);
        }
    }

    [TestMethod]
    public void Step_ByOperatorsThatDoNotTakeTheType_IsThatOfTorchSharp()
    {
        var (own, theirs) = (Pattern(ScalarType.BFloat16, 1, 7, 3), Pattern(ScalarType.BFloat16, 1, 7, 3));
        using var fused = new FusedSgd([own], Rate, 0.9);
        using var plain = optim.SGD([theirs], Rate, 0.9);
        ((IFusedOptimizer)fused).Stepper.PrefersOperators = true;
        for (var step = 2; step < 5; step++)
        {
            StepWith(fused, [own], step);
            StepWith(plain, [theirs], step);
        }

        Assert.AreSequenceEqual(theirs.detach().bytes.ToArray(), own.detach().bytes.ToArray());
    }

    private static double[] Doubles(Tensor tensor) => [.. tensor.detach().to(ScalarType.Float64).data<double>()];
}
