using System.Globalization;
using System.Runtime.InteropServices;
using Fulgurite.Tests.IO;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Steps of the fused optimizers; that their state is PyTorch's is in <see cref="OptimizerStateTests"/>.</summary>
[TestClass]
public sealed class FusedOptimizerTests
{
    private const int LongRun = 300;
    private const double Rate = 0.01;

    private static readonly (
        string Name, string Python, Func<IEnumerable<Parameter>, OptimizerHelper> Fused,
        Func<IEnumerable<Parameter>, OptimizerHelper>? Plain)[] Cases =
    [
        ("sgd", "SGD(p, lr=0.01)", p => new FusedSgd(p, Rate), p => optim.SGD(p, Rate)),
        (
            "sgd_decay", "SGD(p, lr=0.01, weight_decay=0.1)", p => new FusedSgd(p, Rate, weight_decay: 0.1),
            p => optim.SGD(p, Rate, weight_decay: 0.1)),
        (
            "sgd_momentum", "SGD(p, lr=0.01, momentum=0.9, dampening=0.2)", p => new FusedSgd(p, Rate, 0.9, 0.2),
            p => optim.SGD(p, Rate, 0.9, 0.2)),
        ("sgd_nesterov", "SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1, nesterov=True)",
            p => new FusedSgd(p, Rate, 0.9, weight_decay: 0.1, nesterov: true),
            p => optim.SGD(p, Rate, 0.9, weight_decay: 0.1, nesterov: true)),
        ("sgd_maximize", "SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1, maximize=True)",
            p => new FusedSgd(p, Rate, 0.9, weight_decay: 0.1, maximize: true), null),
        ("adam", "Adam(p, lr=0.01)", p => new FusedAdam(p, Rate), p => optim.Adam(p, Rate)),
        ("adam_all", "Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => new FusedAdam(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true), p => optim.Adam(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true)),
        ("adamw", "AdamW(p, lr=0.01)", p => new FusedAdamW(p, Rate), p => optim.AdamW(p, Rate, weight_decay: 0.01)),
        ("adamw_all", "AdamW(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => new FusedAdamW(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true), p => optim.AdamW(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true)),
    ];

    public static IEnumerable<object[]> Names => Cases.Select(item => new object[] { item.Name });

    public static IEnumerable<object[]> PlainNames =>
        Cases.Where(item => item.Plain is not null).Select(item => new object[] { item.Name });

    [TestMethod]
    public void Step_ManyInFloat64_AreThoseOfPython()
    {
        PythonInterop.Require();
        var output = PythonInterop.RunText(
            """
            import torch
            torch.set_default_dtype(torch.float64)
            shapes = [(7, 3), (5,)]
            def value(i, step): return ((i * 7 + step * 13) % 17 - 8) / 8
            def make(shape, step): return torch.tensor([value(i, step) for i in range(torch.Size(shape).numel())]).reshape(shape)

            """
            + string.Concat(Cases.Select(item => $$"""
                p = [torch.nn.Parameter(make(s, 1)) for s in shapes]
                o = torch.optim.{{item.Python}}
                for step in range(2, {{LongRun + 2}}):
                    for q in p: q.grad = make(q.shape, step)
                    o.step()
                print('{{item.Name}}', *[repr(x) for q in p for x in q.detach().reshape(-1).tolist()])

                """)));

        var lines = output.Split('\n').Select(line => line.Split(' ')).ToDictionary(words => words[0], words => words[1..]);
        foreach (var item in Cases)
        {
            Parameter[] parameters = [Pattern(ScalarType.Float64, 1, 7, 3), Pattern(ScalarType.Float64, 1, 5)];
            using var optimizer = item.Fused(parameters);
            for (var step = 2; step < LongRun + 2; step++)
            {
                StepWith(optimizer, parameters, step);
            }

            var expected = lines[item.Name].Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
            var actual = parameters.SelectMany(parameter => parameter.detach().to(ScalarType.Float64).data<double>().ToArray()).ToArray();
            for (var index = 0; index < expected.Length; index++)
            {
                Assert.AreEqual(
                    expected[index], actual[index], 1e-12 * Math.Max(1, Math.Abs(expected[index])), $"{item.Name}, element {index}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PlainNames))]
    public void Step_InFloat32_IsThatOfTorchSharpWithinTwoUlp(string name)
    {
        var item = Cases.Single(item => item.Name == name);
        manual_seed(5);
        Parameter[] own = [nn.Parameter(randn(1001)), nn.Parameter(randn(3, 7))];
        Parameter[] theirs = [.. own.Select(parameter => nn.Parameter(parameter.detach().clone()))];
        using var fused = item.Fused(own);
        using var plain = item.Plain!(theirs);
        for (var step = 0; step < 20; step++)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            for (var index = 0; index < own.Length; index++)
            {
                own[index].grad = randn(own[index].shape);
                theirs[index].grad = own[index].grad;
                own[index].copy_(theirs[index]);
            }

            // From the same parameters; the states may have drifted apart by as many ulp as there were steps.
            var before = theirs.Select(Floats).ToArray();
            fused.step();
            plain.step();
            for (var index = 0; index < own.Length; index++)
            {
                foreach (var ((a, b), old) in Floats(own[index]).Zip(Floats(theirs[index])).Zip(before[index]))
                {
                    var ulp = MathF.BitIncrement(MathF.Max(MathF.Abs(b), MathF.Abs(old))) - MathF.Max(MathF.Abs(b), MathF.Abs(old));
                    Assert.IsLessThanOrEqualTo(2 * ulp, MathF.Abs(a - b), $"step {step}: {a} and {b}, from {old}");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Step_WithAnotherNumberOfThreads_IsTheSameBitForBit(string name)
    {
        var threads = get_num_threads();
        try
        {
            var results = new List<byte[][]>();
            foreach (var count in new[] { 1, 2, 5 })
            {
                set_num_threads(count);
                manual_seed(3);
                Parameter[] parameters =
                [
                    nn.Parameter(randn(300_001)),
                    .. Enumerable.Range(1, 40).Select(size => nn.Parameter(randn(size))),
                    nn.Parameter(randn(65_536)),
                ];
                using var optimizer = Cases.Single(item => item.Name == name).Fused(parameters);
                for (var step = 0; step < 3; step++)
                {
                    StepWith(optimizer, parameters, step);
                }

                results.Add([.. parameters.Select(parameter => parameter.detach().bytes.ToArray())]);
                Array.ForEach(parameters, parameter => parameter.Dispose());
            }

            foreach (var other in results.Skip(1))
            {
                for (var index = 0; index < other.Length; index++)
                {
                    Assert.AreSequenceEqual(results[0][index], other[index]);
                }
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
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

    [TestMethod]
    public void Step_ParameterWithoutGradient_IsLeftAsItIs()
    {
        Parameter[] parameters = [nn.Parameter(ones(5)), nn.Parameter(ones(5))];
        using var optimizer = new FusedAdamW(parameters, Rate);
        parameters[1].grad = ones(5);

        optimizer.step();

        Assert.AreEqual(1, parameters[0][0].item<float>());
        Assert.AreNotEqual(1, parameters[1][0].item<float>());
        Assert.AreEqual(0, ((AdamW.State)optimizer.state_dict().State[0]).step);
    }

    [TestMethod]
    public void Step_MemoryThatIsNotContiguous_IsSteppedWithAsIfItWere()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var values = randn(6, 4);
        var gradient = randn(6, 4);
        var plain = nn.Parameter(values.clone());
        var transposed = nn.Parameter(values.clone().t().contiguous().t());
        Assert.IsFalse(transposed.is_contiguous());
        using var first = new FusedAdamW([plain], Rate);
        using var second = new FusedAdamW([transposed], Rate);
        for (var step = 0; step < 3; step++)
        {
            plain.grad = gradient;
            transposed.grad = gradient.t().contiguous().t();
            first.step();
            second.step();
        }

        Assert.AreSequenceEqual(Floats(plain), Floats(transposed.contiguous()));
        plain.grad = ones(1).expand(6, 4);
        transposed.grad = ones(6, 4);
        first.step();
        second.step();
        Assert.AreSequenceEqual(Floats(plain), Floats(transposed.contiguous()), "an expanded gradient");
    }

    [TestMethod]
    [DataRow(0.0, 0.0, false)]
    [DataRow(0.9, 0.0, true)]
    [DataRow(0.9, 0.1, false)]
    public void Step_SparseGradient_IsThatOfTheDenseOne(double momentum, double decay, bool nesterov)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var values = randn(6, 4);
        var (dense, sparse) = (nn.Parameter(values.clone()), nn.Parameter(values.clone()));
        using var first = new FusedSgd([dense], Rate, momentum, weight_decay: decay, nesterov: nesterov);
        using var second = new FusedSgd([sparse], Rate, momentum, weight_decay: decay, nesterov: nesterov);
        for (var step = 0; step < 3; step++)
        {
            var gradient = sparse_coo_tensor(tensor(new long[,] { { 1, 4, 1 } }), randn(3, 4), [6, 4]);
            dense.grad = gradient.to_dense();
            sparse.grad = gradient;
            first.step();
            second.step();
        }

        foreach (var (expected, actual) in Floats(dense).Zip(Floats(sparse)))
        {
            Assert.AreEqual(expected, actual, 1e-6f);
        }
    }

    [TestMethod]
    [DataRow("decay", "its weight_decay is 0.1")]
    [DataRow("amsgrad", "its amsgrad is true")]
    [DataRow("decoupled", "its weight_decay is 0.01")]
    public void Step_SparseGradientWithASettingThatChangesAllRows_IsRefused(string setting, string reason)
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(6, 4));
        using OptimizerHelper optimizer = setting switch
        {
            "decay" => new FusedAdam([parameter], weight_decay: 0.1),
            "amsgrad" => new FusedAdam([parameter], amsgrad: true),
            _ => new FusedAdamW([parameter]),
        };
        parameter.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1, 4), [6, 4]);

        var failure = Assert.ThrowsExactly<NotSupportedException>(() => optimizer.step());

        Assert.Contains(reason, failure.Message);
        Assert.AreSequenceEqual(Floats(ones(6, 4)), Floats(parameter));
    }

    [TestMethod]
    public void Step_Float16_IsRefused()
    {
        var parameter = nn.Parameter(ones(4, dtype: ScalarType.Float16));
        using var optimizer = new FusedSgd([parameter], Rate);
        parameter.grad = ones(4, dtype: ScalarType.Float16);

        var failure = Assert.ThrowsExactly<NotSupportedException>(() => optimizer.step());

        Assert.Contains("Float16", failure.Message);
    }

    [TestMethod]
    public void Step_BetweenForwardAndBackward_IsFoundByAutograd()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(4));
        using var optimizer = new FusedSgd([parameter], Rate);
        var loss = (parameter * parameter).sum();
        parameter.grad = ones(4);

        optimizer.step();

        Assert.ThrowsExactly<ExternalException>(() => loss.backward());
    }

    [TestMethod]
    public void Step_AGroupAddedLater_IsSteppedWithItsOptions()
    {
        var (first, second) = (nn.Parameter(ones(4)), nn.Parameter(ones(4)));
        using var optimizer = new FusedSgd([first], 0.5);
        (first.grad, second.grad) = (ones(4), ones(4));
        optimizer.step();

        optimizer.add_param_group(new SGD.ParamGroup([second], new SGD.Options { LearningRate = 0.25 }));
        optimizer.step();

        Assert.AreEqual(0, first[0].item<float>());
        Assert.AreEqual(0.75f, second[0].item<float>());
    }

    [TestMethod]
    public void Step_Closure_ReturnsItsLossOfTheGradientsThatItComputes()
    {
        var parameter = nn.Parameter(ones(4));
        using var optimizer = new FusedSgd([parameter], 0.5);

        var loss = optimizer.step(() =>
        {
            var sum = parameter.sum();
            sum.backward();
            return sum;
        });

        Assert.AreEqual(4, loss.item<float>());
        Assert.AreEqual(0.5f, parameter[0].item<float>());
    }

    [TestMethod]
    public void Step_BFloat16_KeepsWhatIsTooSmallForIt()
    {
        // The step is a thousandth of an ulp: in bfloat16 alone nothing would ever change.
        var parameter = nn.Parameter(ones(1500, dtype: ScalarType.BFloat16));
        using var optimizer = new FusedSgd([parameter], 1.0 / (1 << 17));
        parameter.grad = ones(1500, dtype: ScalarType.BFloat16);

        for (var step = 0; step < 1 << 10; step++)
        {
            optimizer.step();
        }

        Assert.AreEqual(1 - (1f / 128), parameter.detach().to(ScalarType.Float32)[1499].item<float>());
    }

    [TestMethod]
    public void Step_BFloat16_RoundsTheStepOfFloat32()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var start = randn(1337).to(ScalarType.BFloat16);
        var (half, full) = (nn.Parameter(start.clone()), nn.Parameter(start.to(ScalarType.Float32)));
        using var first = new FusedAdamW([half], Rate);
        using var second = new FusedAdamW([full], Rate);
        for (var step = 0; step < 30; step++)
        {
            half.grad = randn(1337).to(ScalarType.BFloat16);
            full.grad = half.grad!.to(ScalarType.Float32);
            first.step();
            second.step();
        }

        Assert.AreSequenceEqual(full.detach().to(ScalarType.BFloat16).bytes.ToArray(), half.detach().bytes.ToArray());
    }

    [TestMethod]
    public void Step_BFloat16ThatSomebodyElseHasChanged_GoesOnFromThere()
    {
        var parameter = nn.Parameter(ones(40, dtype: ScalarType.BFloat16));
        using var optimizer = new FusedSgd([parameter], 0.5);
        parameter.grad = ones(40, dtype: ScalarType.BFloat16);
        optimizer.step();
        using (no_grad())
        {
            parameter.zero_();
        }

        optimizer.step();

        Assert.AreEqual(-0.5f, parameter.detach().to(ScalarType.Float32)[3].item<float>());
    }

    [TestMethod]
    public void Apply_BFloat16_GoesOnBitForBit()
    {
        manual_seed(8);
        var parameter = nn.Parameter(randn(70).to(ScalarType.BFloat16));
        using var optimizer = new FusedAdamW([parameter], 1e-4, amsgrad: true);
        void Steps(Parameter stepped, OptimizerHelper by, int seed)
        {
            manual_seed(seed);
            for (var step = 0; step < 10; step++)
            {
                stepped.grad = randn(70).to(ScalarType.BFloat16);
                by.step();
            }
        }

        Steps(parameter, optimizer, 1);
        using var saved = StateCopies.Copy(new TrainingState(OptimizerStates.Capture(optimizer)));
        var other = nn.Parameter(parameter.detach().clone());
        using var resumed = new FusedAdamW([other], 1e-4, amsgrad: true);
        OptimizerStates.Check(saved.Root, resumed, 0);
        OptimizerStates.Apply(saved.Root, resumed);

        Steps(parameter, optimizer, 2);
        Steps(other, resumed, 2);

        Assert.AreSequenceEqual(parameter.detach().bytes.ToArray(), other.detach().bytes.ToArray());
        StateAssert.HaveSameValues(
            new TrainingState(OptimizerStates.Capture(optimizer)), new TrainingState(OptimizerStates.Capture(resumed)));
    }

    [TestMethod]
    public void Step_Many_LeavesNoTensorBehind()
    {
        Parameter[] parameters = [nn.Parameter(randn(5, 5).t()), nn.Parameter(randn(5))];
        using var optimizer = new FusedAdamW(parameters, Rate);
        StepWith(optimizer, parameters, 1);
        var before = Tensor.TotalCount;

        for (var step = 0; step < 10; step++)
        {
            StepWith(optimizer, parameters, step);
        }

        Assert.AreEqual(before, Tensor.TotalCount);
    }

    private static void StepWith(OptimizerHelper optimizer, Parameter[] parameters, int step)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters)
        {
            parameter.grad = Values(parameter.dtype, step, parameter.shape);
        }

        optimizer.step();
        foreach (var parameter in parameters)
        {
            parameter.grad = null;
        }
    }

    private static Parameter Pattern(ScalarType type, int step, params long[] shape) => nn.Parameter(Values(type, step, shape));

    /// <summary>Numbers that are the same in every language.</summary>
    private static Tensor Values(ScalarType type, int step, params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return tensor(Enumerable.Range(0, (int)count).Select(index => (((index * 7L) + (step * 13L)) % 17 - 8) / 8.0).ToArray())
            .reshape(shape)
            .to(type);
    }

    private static double[] Doubles(Tensor tensor) => [.. tensor.detach().to(ScalarType.Float64).data<double>()];

    private static float[] Floats(Tensor tensor)
    {
        using var detached = tensor.detach();
        return detached.data<float>().ToArray();
    }
}
