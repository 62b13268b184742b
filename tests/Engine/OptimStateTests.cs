using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class OptimStateTests
{
    private static readonly Dictionary<string, Func<IEnumerable<Parameter>, OptimizerHelper>> Kinds = new()
    {
        ["SGD"] = p => optim.SGD(p, 0.1, momentum: 0.9),
        ["Adam"] = p => optim.Adam(p, 0.01, amsgrad: true),
        ["AdamW"] = p => optim.AdamW(p, 0.01, weight_decay: 0.1),
        ["Adagrad"] = p => optim.Adagrad(p),
        ["RMSProp"] = p => optim.RMSProp(p, momentum: 0.5, centered: true),
        ["Adamax"] = p => optim.Adamax(p),
        ["NAdam"] = p => optim.NAdam(p),
        ["RAdam"] = p => optim.RAdam(p),
        ["Adadelta"] = p => optim.Adadelta(p),
        ["ASGD"] = p => optim.ASGD(p, 0.05, 0.01, t0: 2),
        ["Rprop"] = p => optim.Rprop(p),
    };

    public static IEnumerable<object[]> Names => Kinds.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Resume_FromFile_GoesOnBitForBit(string name) => Resume(name, (from, to) =>
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        from.save_state_dict(writer);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        to.load_state_dict(reader);
        Assert.AreEqual(stream.Length, stream.Position);
    });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Resume_FromStateDict_GoesOnBitForBit(string name) => Resume(name, (from, to) =>
    {
        to.load_state_dict(from.state_dict());
        Assert.IsTrue(from.state_dict().State.Zip(to.state_dict().State).All(pair => pair.First.ApproximatelyEquals(pair.Second)));
    });

    [TestMethod]
    public void StateDict_HasTypedStateInTheOrderOfParameters()
    {
        using var model = nn.Linear(2, 3);
        using var optimizer = optim.Adam(model.parameters(), 0.5, 0.8, 0.9);
        OneStep(model, optimizer);
        var state = optimizer.state_dict();
        Assert.HasCount(1, state.Options);
        Assert.HasCount(2, state.State);
        CollectionAssert.AreEqual(new[] { 0, 1 }, state.StateIndexRef.Single());
        var options = (Adam.Options)state.Options[0];
        Assert.AreEqual(0.5, options.LearningRate);
        Assert.AreEqual((0.8, 0.9), (options.beta1, options.beta2));
        var weight = (Adam.State)state.State[0];
        Assert.AreEqual(1, weight.step);
        Assert.IsNull(weight.max_exp_avg_sq);
        CollectionAssert.AreEqual(new long[] { 3, 2 }, weight.exp_avg.shape);
        using var gradient = model.weight.grad!;
        using var expected = gradient * (1 - 0.8);
        Assert.IsTrue(weight.exp_avg.allclose(expected));
    }

    [TestMethod]
    public void State_MadeAndLoadedInScopes_OutlivesThem()
    {
        using var model = nn.Linear(2, 3);
        using var other = nn.Linear(2, 3);
        using var sgd = optim.SGD(model.parameters(), 0.1, momentum: 0.9);
        OptimizerHelper adam;
        using (NewDisposeScope())
        {
            adam = optim.Adam(other.parameters());
            OneStep(model, sgd);
            OneStep(other, adam);
            using var stream = new MemoryStream();
            sgd.save_state_dict(new BinaryWriter(stream));
            stream.Position = 0;
            sgd.load_state_dict(new BinaryReader(stream));
        }

        using (adam)
        {
            OneStep(model, sgd);
            OneStep(other, adam);
            Assert.AreEqual(2, ((Adam.State)adam.state_dict().State[0]).step);
            Assert.IsFalse(((SGD.State)sgd.state_dict().State[0]).momentum_buffer!.IsInvalid);
        }
    }

    [TestMethod]
    public void LoadStateDict_OfAnotherKindOrSize_IsRefused()
    {
        using var model = nn.Linear(2, 3);
        using var small = nn.Linear(2, 3, hasBias: false);
        using var adam = optim.Adam(model.parameters());
        using var adamW = optim.AdamW(model.parameters());
        using var less = optim.Adam(small.parameters());
        using var stream = new MemoryStream();
        adam.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        Assert.ThrowsExactly<InvalidDataException>(() => adamW.load_state_dict(new BinaryReader(stream)));
        stream.Position = 0;
        Assert.ThrowsExactly<ArgumentException>(() => less.load_state_dict(new BinaryReader(stream)));
        Assert.ThrowsExactly<ArgumentException>(() => less.load_state_dict(adam.state_dict()));
    }

    [TestMethod]
    public void SaveStateDict_OfSGD_WritesTheseBytes()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(zeros(1));
        using var sgd = optim.SGD([parameter], 0.5, momentum: 0.25);
        parameter.grad = ones(1);
        sgd.step();
        using var stream = new MemoryStream();
        sgd.save_state_dict(new BinaryWriter(stream));

        byte[] expected =
        [
            3, .. "SGD"u8, 1, 1,
            .. new[] { 0.5, 0.5, 0.25, 0, 0 }.SelectMany(BitConverter.GetBytes), 0, 0,
            1, 6, 1, 1, 0, 0, 0x80, 0x3f,
        ];
        CollectionAssert.AreEqual(expected, stream.ToArray());
    }

    [TestMethod]
    public void AddParamGroup_WithOwnRate_LeavesTheOthersAlone()
    {
        using var scope = NewDisposeScope();
        var slow = nn.Parameter(zeros(1));
        var fast = nn.Parameter(zeros(1));
        using var sgd = optim.SGD([new SGD.ParamGroup([slow], new SGD.Options())], 0.1);
        sgd.add_param_group(new SGD.ParamGroup([fast], new SGD.Options { LearningRate = 1 }));
        slow.grad = ones(1);
        fast.grad = ones(1);
        sgd.step();
        Assert.AreEqual(-0.1f, slow.item<float>());
        Assert.AreEqual(-1f, fast.item<float>());
        CollectionAssert.AreEqual(new[] { 0.1, 1 }, sgd.ParamGroups.Select(g => g.InitialLearningRate).ToList());
        Assert.HasCount(2, sgd.parameters().ToList());
    }

    [TestMethod]
    public void ZeroGrad_FillsGradientsWithZero()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(2));
        using var sgd = optim.SGD([parameter], 0.1);
        (parameter * 2).sum().backward();
        sgd.zero_grad();
        Assert.AreEqual(0, parameter.grad!.abs().sum().item<float>());
    }

    [TestMethod]
    public void Step_WithClosure_ComputesTheLossWithGradients()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(ones(1) * 3);
        using var sgd = optim.SGD([("parameter", parameter)], 0.1);
        using var noGrad = no_grad();
        var loss = sgd.step(() =>
        {
            var value = (parameter * parameter).sum();
            value.backward();
            return value;
        });
        Assert.AreEqual(9, loss.item<float>());
        Assert.AreEqual(3 - (0.1f * 6), parameter.item<float>(), 1e-6);
    }

    [TestMethod]
    public void Step_AfterTheModuleWasReplaced_SaysThatItIsNotKnown()
    {
        using var model = nn.Linear(2, 2);
        using var optimizer = optim.Adam(model.parameters());
        model.to(ScalarType.Float64);
        Assert.Throws<Exception>(() => OneStep(model, optimizer));
    }

    [TestMethod]
    public void TrainingStep_TwoHundredTimes_LowersTheLossAndKeepsNoTensor()
    {
        manual_seed(12);
        using var model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(false), nn.Linear(16, 1));
        using var optimizer = optim.Adam(model.parameters(), 0.02);
        using var input = randn(64, 4);
        using var target = input.pow(2).sum(1, keepdim: true);
        using var loss = nn.MSELoss();
        var first = Step();
        var before = Tensor.TotalCount;
        var last = first;
        for (var i = 0; i < 200; i++)
        {
            last = Step();
        }

        Assert.AreEqual(before, Tensor.TotalCount);
        Assert.IsLessThan(first / 5, last);

        float Step()
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var value = loss.call(model.call(input), target);
            value.backward();
            optimizer.step();
            return value.item<float>();
        }
    }

    private static void Resume(string name, Action<OptimizerHelper, OptimizerHelper> load)
    {
        using var scope = NewDisposeScope();
        manual_seed(17);
        using var model = nn.Linear(3, 4);
        using var copy = nn.Linear(3, 4);
        using var optimizer = Kinds[name](model.parameters());
        Tensor[] inputs = [.. Enumerable.Range(0, 6).Select(_ => randn(5, 3))];
        Steps(model, optimizer, inputs[..3]);
        copy.load_state_dict(model.state_dict());
        using var resumed = Kinds[name](copy.parameters());
        load(optimizer, resumed);
        Steps(model, optimizer, inputs[3..]);
        Steps(copy, resumed, inputs[3..]);

        foreach (var (key, value) in model.named_parameters())
        {
            Assert.IsTrue(value.eq(copy.get_parameter(key)!).all().item<bool>(), $"{name}: {key} differs after going on");
        }
    }

    private static void Steps(nn.Module<Tensor, Tensor> model, torch.optim.Optimizer optimizer, Tensor[] inputs)
    {
        foreach (var input in inputs)
        {
            optimizer.zero_grad();
            model.call(input).pow(2).sum().backward();
            optimizer.step();
        }
    }

    private static void OneStep(nn.Module<Tensor, Tensor> model, torch.optim.Optimizer optimizer)
    {
        using var scope = NewDisposeScope();
        model.call(ones(1, 2, dtype: model.parameters().First().dtype)).sum().backward();
        optimizer.step();
    }
}
