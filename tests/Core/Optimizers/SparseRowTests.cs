using System.Globalization;
using Fulgurite.Tests.IO;
using TorchSharp;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Steps of fused optimizers with sparse gradients: the numbers of PyTorch, and no row but those of the gradient.</summary>
[TestClass]
public sealed class SparseRowTests
{
    private const double Rate = 0.01;
    private const int Steps = 10;

    /// <summary>What PyTorch 1.13 printed for <see cref="Script"/>.</summary>
    private const string Expected = """
        adam 0.6585943410476822 -0.6412448708664829 0.21511668827317554 -1.0459802040726667 -0.11632363034938317 0.7907494833020803 -0.44406504117371304 0.3675707546683576 -0.9356092788901406 -0.046423482353201595 0.8862734911579243 -0.33321484699940057 0.5 -0.75 0.125 1.0 -0.25 0.625 -0.625 0.25 -1.0
        exp_avg -0.35279999999999995 -0.08459999999999993 0.4589999999999999 0.34007999999999994 0.08795999999999998 -0.16416 -0.40802399999999994 -0.37137599999999993 0.606528 0.3216399999999999 0.06951999999999998 -0.18259999999999998 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0
        exp_avg_sq 0.015945994375000015 0.03473992750000003 0.022854683593750022 0.011757059381250011 0.0020157804703125016 0.006058550025000005 0.025052764364859398 0.04533332077110941 0.03564995952475004 0.010666279220312509 0.0018441225062500017 0.006806014257812506 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0
        sgd 0.6500000000000001 -0.6275 0.21999999999999997 -1.0225000000000002 -0.12875 0.7649999999999999 -0.4624999999999999 0.39249999999999996 -0.9200000000000002 -0.02125 0.8725 -0.35875 0.5 -0.75 0.125 1.0 -0.25 0.625 -0.625 0.25 -1.0
        """;

    private const string Script = """
        import torch
        torch.set_default_dtype(torch.float64)
        def value(i, step): return ((i * 7 + step * 13) % 17 - 8) / 8
        def make(shape, step): return torch.tensor([value(i, step) for i in range(torch.Size(shape).numel())]).reshape(shape)
        def grad(step):
            rows = [(step * 3 + k * k) % 4 for k in range(4)]
            return torch.sparse_coo_tensor(torch.tensor([rows]), make((4, 3), step), (7, 3))
        def show(name, tensor): print(name, *[repr(x) for x in tensor.detach().reshape(-1).tolist()])
        makers = {
            'adam': lambda p: torch.optim.SparseAdam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-3),
            'sgd': lambda p: torch.optim.SGD(p, lr=0.01)}
        for name, maker in makers.items():
            p = torch.nn.Parameter(make((7, 3), 1))
            o = maker([p])
            for step in range(2, 12):
                p.grad = grad(step)
                o.step()
            show(name, p)
            if name == 'adam':
                show('exp_avg', o.state[p]['exp_avg'])
                show('exp_avg_sq', o.state[p]['exp_avg_sq'])
        """;

    [TestMethod]
    public void Step_OfRowsThatRepeat_IsThatOfPyTorch() => AssertEqual(Numbers(Expected));

    [TestMethod]
    public void Step_OfRowsThatRepeat_IsThatOfTheInstalledPyTorch()
    {
        PythonInterop.Require();
        AssertEqual(Numbers(PythonInterop.RunText(Script)));
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    [DataRow(ScalarType.BFloat16)]
    public void Step_OfSomeRows_IsTheDenseStepOfAParameterOfThoseRowsBitForBit(ScalarType type)
    {
        // Without epsilon, which SparseAdam adds elsewhere. Long rows are stepped in parts.
        manual_seed(2);
        long[] rows = [5, 0, 3];
        var whole = nn.Parameter(randn(7, 1500).to(type));
        var part = nn.Parameter(whole.detach().index_select(0, tensor(rows)).clone());
        using var first = new FusedAdam([whole], Rate, eps: 0);
        using var second = new FusedAdam([part], Rate, eps: 0);
        for (var step = 0; step < 4; step++)
        {
            using var scope = NewDisposeScope();
            var gradient = randn(3, 1500).to(type);
            whole.grad = sparse_coo_tensor(tensor(rows).reshape(1, 3), gradient, [7, 1500]);
            part.grad = gradient;
            first.step();
            second.step();
            using var _ = no_grad();
            Assert.IsTrue(whole.index_select(0, tensor(rows)).equal(part).all().item<bool>(), $"step {step}");
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.BFloat16)]
    public void Step_OfRowsThatRepeat_IsTheStepOfTheirSumInOrder(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var values = randn(3, 4).to(type);
        using var grad = no_grad();
        var sum = (values[0] + values[1]) + values[2];
        var (first, second) = (nn.Parameter(ones(2, 4).to(type)), nn.Parameter(ones(2, 4).to(type)));
        using var one = new FusedSgd([first], Rate);
        using var other = new FusedSgd([second], Rate);
        first.grad = sparse_coo_tensor(tensor(new long[,] { { 1, 1, 1 } }), values, [2, 4]);
        second.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), sum.unsqueeze(0), [2, 4]);

        one.step();
        other.step();

        Assert.IsTrue(first.equal(second).all().item<bool>());
        Assert.IsFalse(first[1].equal(ones(4).to(type)).all().item<bool>());
    }

    [TestMethod]
    public void Step_RowsThatAreNotInTheGradient_AreNotWritten()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(full(6, 4, float.NaN));
        using var optimizer = new FusedAdam([parameter], Rate);
        var state = (TorchSharp.Modules.Adam.State)optimizer.state_dict().State[0];
        using (no_grad())
        using (Scalar zero = 0, number = float.NaN)
        {
            parameter[2].fill_(zero);
            state.exp_avg.fill_(number);
            state.exp_avg[2].fill_(zero);
        }

        parameter.grad = sparse_coo_tensor(tensor(new long[,] { { 2 } }), ones(1, 4), [6, 4]);
        optimizer.step();

        Assert.AreEqual(-Rate, parameter[2][0].item<float>(), 1e-8);
        Assert.AreEqual(20L, parameter.isnan().sum().item<long>());
        Assert.AreEqual(20L, state.exp_avg.isnan().sum().item<long>());
        Assert.AreEqual(4L, state.exp_avg_sq.count_nonzero().item<long>());
        Assert.AreEqual(1L, state.step);
    }

    [TestMethod]
    public void Step_WithAnotherNumberOfThreads_IsTheSameBitForBit()
    {
        var threads = get_num_threads();
        try
        {
            var results = new List<byte[]>();
            foreach (var count in new[] { 1, 2, 5 })
            {
                using var scope = NewDisposeScope();
                set_num_threads(count);
                manual_seed(3);
                var parameter = nn.Parameter(randn(5000, 100));
                using var optimizer = new FusedAdam([parameter], Rate);
                for (var step = 0; step < 3; step++)
                {
                    parameter.grad = sparse_coo_tensor(randint(0, 5000, [1, 9000], dtype: int64), randn(9000, 100), [5000, 100]);
                    Assert.IsTrue(FusedClipping.TryClip([optimizer], 1, 1));
                    optimizer.step();
                }

                results.Add(parameter.detach().bytes.ToArray());
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
    public void TryClip_RowsThatRepeat_CountWithTheirSum()
    {
        using var scope = NewDisposeScope();
        var (dense, sparse) = (nn.Parameter(ones(6, 4)), nn.Parameter(ones(6, 4)));
        using var optimizer = new FusedSgd([dense, sparse], 1);
        dense.grad = zeros(6, 4);
        sparse.grad = sparse_coo_tensor(tensor(new long[,] { { 1, 4, 1 } }), ones(3, 4), [6, 4]);

        Assert.IsTrue(FusedClipping.TryClip([optimizer], 2, 1));
        optimizer.step();

        // The norm is the root of 4 times 2 squared and 4 times 1 squared.
        Assert.AreEqual(1 - (2 / Math.Sqrt(20)), sparse[1][2].item<float>(), 1e-5);
        Assert.AreEqual(1 - (1 / Math.Sqrt(20)), sparse[4][2].item<float>(), 1e-5);
    }

    [TestMethod]
    public void Step_GradientOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(6, 4));
        using var optimizer = new FusedAdam([parameter], Rate);
        parameter.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1, 8), [3, 8]);

        Assert.ThrowsExactly<InvalidOperationException>(() => optimizer.step());
    }

    [TestMethod]
    public void Changes_OfSparseSteps_AreTheirRows()
    {
        using var training = new SparseTraining();
        training.Step(1, 4);
        var changes = training.All();
        Assert.HasCount(3, changes);
        var first = changes.ConvertAll(each => each.EndEpoch());
        training.Step(2, 2);
        var second = changes.ConvertAll(each => each.EndEpoch());
        training.Step(5);

        for (var index = 0; index < changes.Count; index++)
        {
            changes[index].EndEpoch();
            Assert.AreSequenceEqual([2, 5], Rows(changes[index], first[index]));
            Assert.AreSequenceEqual([5], Rows(changes[index], second[index]));
            Assert.IsTrue(changes[index].HasChanged(5, second[index]));
            Assert.IsFalse(changes[index].HasChanged(2, second[index]));
            Assert.AreEqual(16L, changes[index].RowByteLength);
        }
    }

    [TestMethod]
    [DataRow("in place")]
    [DataRow("view")]
    [DataRow("detached")]
    [DataRow("no grad in inference mode")]
    [DataRow("load")]
    [DataRow("marked")]
    [DataRow("dense")]
    [DataRow("operators")]
    public void Changes_OfAnythingElse_AreAllRows(string write)
    {
        using var training = new SparseTraining();
        training.Step(1, 4);
        var changes = RowChanges.Of(training.Parameter)!;
        var epoch = changes.EndEpoch();
        var before = RowChanges.Of(training.State.exp_avg)!.EndEpoch();

        training.Write(write);

        // Before the next step, and after it, which must not hide it.
        training.Step(3);
        changes.EndEpoch();
        Assert.AreSequenceEqual([0, 1, 2, 3, 4, 5], Rows(changes, epoch));
        var moments = RowChanges.Of(training.State.exp_avg)!;
        moments.EndEpoch();
        Assert.AreSequenceEqual(write is "dense" or "operators" ? [0, 1, 2, 3, 4, 5] : [3], Rows(moments, before));
    }

    [TestMethod]
    public void Changes_BeforeTheFirstSparseStep_AreUnknown()
    {
        using var training = new SparseTraining();

        training.Write("dense");

        Assert.IsNull(RowChanges.Of(training.Parameter));
    }

    private static List<int> Rows(RowChanges changes, int epoch)
    {
        var rows = new List<int>();
        changes.Collect(epoch, (first, count) => rows.AddRange(Enumerable.Range(first, count)));
        return rows;
    }

    private static Dictionary<string, double[]> Numbers(string lines) => lines.Split('\n').Select(
        line => line.Trim().Split(' ')).ToDictionary(
        words => words[0], words => Array.ConvertAll(words[1..], word => double.Parse(word, CultureInfo.InvariantCulture)));

    private static void AssertEqual(Dictionary<string, double[]> expected)
    {
        var (adam, state) = Run(p => new FusedAdam([p], Rate, 0.8, 0.99, 1e-3));
        var (decoupled, _) = Run(p => new FusedAdamW([p], Rate, 0.8, 0.99, 1e-3, weight_decay: 0));
        var (sgd, _) = Run(p => new FusedSgd([p], Rate));
        var moments = (TorchSharp.Modules.Adam.State)state;
        (string Name, double[] Actual)[] all =
        [
            ("adam", adam), ("adam", decoupled), ("exp_avg", Doubles(moments.exp_avg)), ("exp_avg_sq", Doubles(moments.exp_avg_sq)),
            ("sgd", sgd),
        ];
        foreach (var (name, actual) in all)
        {
            Assert.HasCount(expected[name].Length, actual);
            for (var index = 0; index < actual.Length; index++)
            {
                Assert.AreEqual(expected[name][index], actual[index], 1e-14, $"{name}, element {index}");
            }
        }
    }

    private static (double[] Parameter, OptimizerState State) Run(Func<TorchSharp.Modules.Parameter, OptimizerHelper> make)
    {
        var parameter = nn.Parameter(Pattern(1, 7, 3));
        var optimizer = make(parameter);
        for (var step = 2; step < Steps + 2; step++)
        {
            var rows = Enumerable.Range(0, 4).Select(index => (long)(((step * 3) + (index * index)) % 4)).ToArray();
            parameter.grad = sparse_coo_tensor(tensor(rows).reshape(1, 4), Pattern(step, 4, 3), [7, 3]);
            optimizer.step();
        }

        return (Doubles(parameter), optimizer.state_dict().State[0]);
    }

    private static Tensor Pattern(int step, params long[] shape) => tensor(
        Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(
            index => (((index * 7L) + (step * 13L)) % 17 - 8) / 8.0).ToArray()).reshape(shape);

    private static double[] Doubles(Tensor tensor) => [.. tensor.detach().data<double>()];

    private sealed class SparseTraining : IDisposable
    {
        private readonly FusedAdam _optimizer;

        public SparseTraining()
        {
            Parameter = nn.Parameter(ones(6, 4));
            _optimizer = new FusedAdam([Parameter], Rate);
        }

        public TorchSharp.Modules.Parameter Parameter { get; }

        public TorchSharp.Modules.Adam.State State => (TorchSharp.Modules.Adam.State)_optimizer.state_dict().State[0];

        public List<RowChanges> All() => [RowChanges.Of(Parameter)!, RowChanges.Of(State.exp_avg)!, RowChanges.Of(State.exp_avg_sq)!];

        public void Step(params long[] rows)
        {
            using var scope = NewDisposeScope();
            Parameter.grad = sparse_coo_tensor(tensor(rows).reshape(1, rows.Length), ones(rows.Length, 4), [6, 4]);
            _optimizer.step();
        }

        public void Write(string how)
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            using Scalar two = 2;
            switch (how)
            {
                case "in place":
                    Parameter.mul_(two);
                    break;
                case "view":
                    Parameter[0].mul_(two);
                    break;
                case "detached":
                    Parameter.detach()[0].mul_(two);
                    break;
                case "no grad in inference mode":
                    using (inference_mode())
                    {
                        Parameter.mul_(two);
                    }

                    break;
                case "load":
                    TensorData.FromTensor(zeros(6, 4)).CopyTo(Parameter);
                    break;
                case "marked":
                    Parameter.detach().data<float>()[0, 0] = 7;
                    RowChanges.Of(Parameter)!.MarkAll();
                    break;
                case "dense":
                    Parameter.grad = ones(6, 4);
                    _optimizer.step();
                    break;
                default:
                    ((IFusedOptimizer)_optimizer).Stepper.PrefersOperators = true;
                    Parameter.grad = ones(6, 4);
                    _optimizer.step();
                    ((IFusedOptimizer)_optimizer).Stepper.PrefersOperators = false;
                    break;
            }
        }

        public void Dispose()
        {
            Parameter.Dispose();
            _optimizer.Dispose();
        }
    }
}
