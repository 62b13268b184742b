using System.Globalization;
using System.Runtime.InteropServices;
using Fulgurite.Tests.IO;
using static Fulgurite.Tests.Core.Optimizers.FusedCases;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Steps of the fused optimizers; that their state is PyTorch's is in <see cref="OptimizerStateTests"/>.</summary>
[TestClass]
public sealed class FusedOptimizerTests
{
    private const int LongRun = 300;

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
    [DynamicData(nameof(PlainNames), typeof(FusedCases))]
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
    [DynamicData(nameof(Names), typeof(FusedCases))]
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

    private static float[] Floats(Tensor tensor)
    {
        using var detached = tensor.detach();
        return detached.data<float>().ToArray();
    }
}
