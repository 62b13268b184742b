using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Clipping in the step of fused optimizers, and checks for finite values without memory of their own.</summary>
[TestClass]
public sealed class FusedClippingTests
{
    private const double Rate = 0.01;

    private static readonly Func<IEnumerable<Parameter>, OptimizerHelper>[] Makers =
    [
        p => new FusedSgd(p, Rate),
        p => new FusedSgd(p, Rate, 0.9, weight_decay: 0.1, nesterov: true),
        p => new FusedAdam(p, Rate, weight_decay: 0.1, maximize: true),
        p => new FusedAdamW(p, Rate, amsgrad: true),
    ];

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void TryClip_ThenStep_IsTheStepAfterTorchSharpsClipWithinTwoUlp(int maker)
    {
        manual_seed(5);
        Parameter[] own = [nn.Parameter(randn(1001)), nn.Parameter(randn(3, 7)), nn.Parameter(randn(4))];
        Parameter[] theirs = [.. own.Select(parameter => nn.Parameter(parameter.detach().clone()))];
        using var first = Makers[maker](own);
        using var second = Makers[maker](theirs);
        foreach (var largest in new[] { 0.5, 1e6, 3 })
        {
            using var scope = NewDisposeScope();

            // The last has no gradient.
            for (var index = 0; index < 2; index++)
            {
                own[index].grad = randn(own[index].shape);
                theirs[index].grad = own[index].grad!.clone();
            }

            var gradient = own[0].grad!.bytes.ToArray();
            Assert.IsTrue(FusedClipping.TryClip([first], 3, largest));
            nn.utils.clip_grad_norm_(theirs, largest);
            first.step();
            second.step();
            Assert.AreSequenceEqual(gradient, own[0].grad!.bytes.ToArray(), "gradients are not written");
            foreach (var (a, b) in own.Zip(theirs))
            {
                foreach (var (actual, expected) in Floats(a).Zip(Floats(b)))
                {
                    // A parameter near zero has a smaller ulp than the numbers that it is the difference of.
                    var magnitude = MathF.Max(MathF.Abs(expected), (float)Rate);
                    Assert.IsLessThanOrEqualTo(
                        2 * (MathF.BitIncrement(magnitude) - magnitude), MathF.Abs(actual - expected),
                        $"{largest}: {actual} and {expected}");
                }

                using var _ = no_grad();
                a.copy_(b);
            }
        }
    }

    [TestMethod]
    public void TryClip_TheStepAfterTheNext_IsNotClipped()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(zeros(40));
        using var optimizer = new FusedSgd([parameter], Rate);
        parameter.grad = ones(40);
        Assert.IsTrue(FusedClipping.TryClip([optimizer], 1, 1e-3));
        optimizer.step();
        Assert.IsLessThan(Rate / 100, MathF.Abs(Floats(parameter)[0]));

        optimizer.step();

        Assert.IsGreaterThan(Rate / 2, MathF.Abs(Floats(parameter)[0]));
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    [DataRow(ScalarType.BFloat16)]
    public void TryClip_WithAnotherNumberOfThreads_IsTheSameBitForBit(ScalarType type)
    {
        var threads = get_num_threads();
        try
        {
            var results = new List<byte[]>();
            foreach (var count in new[] { 1, 2, 5 })
            {
                set_num_threads(count);
                manual_seed(3);
                Parameter[] parameters =
                    [nn.Parameter(randn(200_001).to(type)), .. Enumerable.Range(1, 40).Select(size => nn.Parameter(randn(size).to(type)))];
                using var optimizer = new FusedSgd(parameters, Rate);
                Array.ForEach(parameters, parameter => parameter.grad = randn(parameter.shape).to(type));
                Assert.IsTrue(FusedClipping.TryClip([optimizer], parameters.Length, 0.1));
                optimizer.step();
                results.Add(parameters[0].detach().bytes.ToArray());
                Array.ForEach(parameters, parameter => parameter.Dispose());
            }

            Assert.AreSequenceEqual(results[0], results[1]);
            Assert.AreSequenceEqual(results[0], results[2]);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [TestMethod]
    public void TryClip_WhatItDoesNotKnow_IsLeftToTheOthers()
    {
        using var scope = NewDisposeScope();
        var (dense, sparse) = (nn.Parameter(ones(6, 4)), nn.Parameter(ones(6, 4)));
        using var fused = new FusedSgd([dense], Rate);
        using var embedding = new FusedSgd([sparse], Rate);
        using var plain = optim.SGD([dense], Rate);
        dense.grad = ones(6, 4);
        sparse.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1, 4), [6, 4]);

        Assert.IsTrue(FusedClipping.TryClip([fused, embedding], 2, 1), "a sparse gradient");
        Assert.IsFalse(FusedClipping.TryClip([fused, plain], 1, 1), "an optimizer of TorchSharp");
        Assert.IsFalse(FusedClipping.TryClip([fused, fused], 1, 1), "a parameter of two optimizers");
        Assert.IsTrue(FusedClipping.TryClip([fused], 1, 1));
    }

    [TestMethod]
    public void TryClip_GradientThatIsNotFinite_MakesParametersNotFinite()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(40));
        using var optimizer = new FusedSgd([parameter], Rate);
        parameter.grad = full(40, float.NaN);

        Assert.IsTrue(FusedClipping.TryClip([optimizer], 1, 1));
        optimizer.step();

        Assert.IsTrue(float.IsNaN(Floats(parameter)[0]));
    }

    [TestMethod]
    public void Fit_ClippedByTheFusedOptimizer_IsThatOfTorchSharps()
    {
        var expected = Fit(parameters => optim.SGD(parameters, Rate));
        var actual = Fit(parameters => new FusedSgd(parameters, Rate));
        var loose = Fit(parameters => new FusedSgd(parameters, Rate), norm: null);

        for (var index = 0; index < expected.Length; index++)
        {
            Assert.AreEqual(expected[index], actual[index], 1e-6f);
            Assert.AreNotEqual(expected[index], loose[index], 1e-4f);
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void AreFinite_OneThatIsNot_IsFoundAtEveryPlace(ScalarType type)
    {
        using var scope = NewDisposeScope();
        for (var index = 0; index < 37; index += 3)
        {
            foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            {
                var values = full(37, 3e38, dtype: type);
                Assert.IsTrue(GradientKernel.AreFinite(values));
                values[index] = tensor(value).to(type);
                Assert.IsFalse(GradientKernel.AreFinite(values), $"{value} at {index}");
            }
        }

        Assert.IsTrue(GradientKernel.AreFinite(empty(0)));
        Assert.IsNull(GradientKernel.AreFinite(ones(4, 4).t()[.., ..2]), "gaps");
        Assert.IsNull(GradientKernel.AreFinite(ones(4, dtype: ScalarType.Int32)));
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    [DataRow(ScalarType.BFloat16)]
    public void Step_GradientThatIsNotFinite_IsFoundAtEveryPlaceOfTheParameters(ScalarType type)
    {
        foreach (var place in new[] { 0L, 65_535, 65_536, 199_999, 200_000 })
        {
            using var scope = NewDisposeScope();
            Parameter[] parameters = [nn.Parameter(ones(5, dtype: type)), nn.Parameter(ones(200_001, dtype: type))];
            using var optimizer = new FusedSgd(parameters, Rate);
            ((IFusedOptimizer)optimizer).Stepper.ChecksParameters = true;
            Array.ForEach(parameters, parameter => parameter.grad = ones_like(parameter));
            optimizer.step();
            Assert.IsTrue(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues);

            parameters[1].grad![place] = tensor(float.PositiveInfinity).to(type);
            optimizer.step();

            Assert.IsFalse(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues, $"at {place}");
        }
    }

    [TestMethod]
    public void Step_NotAskedOrPastTheKernel_LeavesItOpen()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(6, 4));
        using var optimizer = new FusedSgd([parameter], Rate);
        parameter.grad = ones(6, 4);
        optimizer.step();
        Assert.IsNull(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues, "not asked");

        ((IFusedOptimizer)optimizer).Stepper.ChecksParameters = true;
        parameter.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1, 4), [6, 4]);
        optimizer.step();
        Assert.IsTrue(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues);
        parameter.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), full(1, 4, float.NaN), [6, 4]);
        optimizer.step();
        Assert.IsFalse(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues, "a row of a sparse gradient");

        ((IFusedOptimizer)optimizer).Stepper.PrefersOperators = true;
        parameter.grad = ones(6, 4);
        optimizer.step();

        Assert.IsNull(((IFusedOptimizer)optimizer).Stepper.LeftFiniteValues, "stepped by an operator");
    }

    private static float[] Fit(Func<IEnumerable<Parameter>, OptimizerHelper> make, double? norm = 0.01)
    {
        manual_seed(9);
        using var module = new LineModule(make);
        new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxSteps = 6, GradientClipNorm = norm, DetectAnomaly = true }, [])
            .Fit(module, new SmallData(6));
        return Floats(module.parameters().First());
    }

    private static float[] Floats(Tensor tensor)
    {
        using var detached = tensor.detach();
        return detached.data<float>().ToArray();
    }

    private sealed class LineModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Func<IEnumerable<Parameter>, OptimizerHelper> _make;
        private readonly Linear _layer = nn.Linear(4, 1);

        public LineModule(Func<IEnumerable<Parameter>, OptimizerHelper> make)
            : base(nameof(LineModule))
        {
            _make = make;
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers() => _make(parameters());

        public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            (_layer.call(batch.Inputs) * 100).square().mean();
    }
}
