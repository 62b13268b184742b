using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNModuleTests
{
    [TestMethod]
    public void RegisterComponents_OfFields_GivesThemTheirNames()
    {
        using var net = new Net();
        CollectionAssert.AreEqual(
            new[] { "scale", "first.weight", "first.bias", "second.weight", "second.bias" },
            net.named_parameters().Select(p => p.name).ToList());
        CollectionAssert.AreEqual(new[] { "count", "mask" }, net.named_buffers().Select(b => b.name).ToList());
        CollectionAssert.AreEqual(new[] { "first", "second" }, net.named_children().Select(c => c.name).ToList());
        CollectionAssert.AreEqual(new[] { "first", "second" }, net.named_modules().Select(m => m.name).ToList());
        CollectionAssert.AreEqual(new[] { "scale" }, net.named_parameters(false).Select(p => p.name).ToList());
        Assert.AreEqual("Net", net.GetName());
    }

    [TestMethod]
    public void StateDict_HasLiveTensorsWithoutNonPersistentBuffers()
    {
        using var net = new Net();
        var state = net.state_dict();
        CollectionAssert.AreEqual(
            new[] { "scale", "first.weight", "first.bias", "second.weight", "second.bias", "count" }, state.Keys.ToList());
        Assert.AreSame(net.first.weight, state["first.weight"]);
        var prefixed = net.state_dict(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["kept"] = net.first.weight }, "net");
        Assert.HasCount(7, prefixed);
        Assert.AreSame(net.first.weight, prefixed["net.first.weight"]);
    }

    [TestMethod]
    public void StateDict_OfTiedParameters_HasBothNamesAndParametersOne()
    {
        using var first = nn.Linear(3, 3, hasBias: false);
        using var both = new Pair(first, nn.Linear(first.weight));
        Assert.HasCount(1, both.parameters().ToList());
        CollectionAssert.AreEqual(new[] { "left.weight", "right.weight" }, both.state_dict().Keys.ToList());
    }

    [TestMethod]
    public void LoadStateDict_OfOtherTypes_ConvertsIntoTheSameTensors()
    {
        using var scope = NewDisposeScope();
        using var net = new Net();
        var weight = net.first.weight;
        var source = net.state_dict().ToDictionary(e => e.Key, e => zeros_like(e.Value).to(ScalarType.Float64) + 3, StringComparer.Ordinal);
        var (missing, unexpected) = net.load_state_dict(source);
        Assert.IsEmpty(missing);
        Assert.IsEmpty(unexpected);
        Assert.AreSame(weight, net.first.weight);
        Assert.AreEqual(ScalarType.Float32, net.first.weight.dtype);
        Assert.AreEqual(3, net.second.bias!.sum().item<float>() / 2);
        Assert.AreEqual(3, net.get_buffer("count")!.item<long>());
    }

    [TestMethod]
    public void LoadStateDict_StrictWithOtherNames_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var net = new Net();
        var before = net.first.weight.detach().clone();
        var source = net.state_dict().ToDictionary(e => e.Key, e => zeros_like(e.Value), StringComparer.Ordinal);
        source.Remove("scale");
        source["other"] = ones(1);
        Assert.ThrowsExactly<InvalidOperationException>(() => net.load_state_dict(source));
        Assert.IsTrue(net.first.weight.allclose(before));

        var (missing, unexpected) = net.load_state_dict(source, strict: false, skip: ["first.weight"]);
        CollectionAssert.AreEqual(new[] { "scale" }, missing.ToList());
        CollectionAssert.AreEqual(new[] { "other" }, unexpected.ToList());
        Assert.IsTrue(net.first.weight.allclose(before));
        Assert.AreEqual(0, net.second.weight.abs().sum().item<float>());
    }

    [TestMethod]
    public void Train_AndEval_ReachEveryDescendant()
    {
        using var net = new Pair(nn.Sequential(nn.Dropout(), nn.ReLU()), nn.Dropout());
        Assert.IsTrue(net.training);
        net.eval();
        Assert.IsTrue(net.modules().All(m => !m.training));
        net.train();
        Assert.IsTrue(net.modules().All(m => m.training));
    }

    [TestMethod]
    public void Apply_CallsChildrenBeforeParents()
    {
        using var net = nn.Sequential(("a", nn.Linear(1, 1)), ("b", nn.Sequential(nn.ReLU())));
        var seen = new List<string>();
        net.apply(m => seen.Add(m.GetName()));
        CollectionAssert.AreEqual(new[] { "Linear", "ReLU", "Sequential", "Sequential" }, seen);
    }

    [TestMethod]
    public void ZeroGrad_DropsGradientsOrFillsThem()
    {
        using var scope = NewDisposeScope();
        using var net = new Net();
        net.call(ones(2, 3)).sum().backward();
        net.zero_grad(set_to_none: false);
        Assert.AreEqual(0, net.first.weight.grad!.abs().sum().item<float>());
        net.zero_grad();
        Assert.IsNull(net.first.weight.grad);
    }

    [TestMethod]
    public void To_OtherType_ReplacesParametersAndKeepsGradientsAndWholeNumbers()
    {
        using var scope = NewDisposeScope();
        using var net = new Net();
        var old = net.first.weight;
        var scale = net.scale;
        var values = old.detach().clone();
        net.call(ones(2, 3)).sum().backward();
        var gradient = old.grad!.clone();

        Assert.AreSame(net, net.to(ScalarType.Float64));

        Assert.AreNotSame(old, net.first.weight);
        Assert.IsTrue(old.IsInvalid);
        Assert.IsTrue(scale.IsInvalid);
        Assert.AreSame(net.scale, net.get_parameter("scale"));
        Assert.AreEqual(ScalarType.Float64, net.scale.dtype);
        Assert.IsTrue(net.first.weight.allclose(values.to(ScalarType.Float64)));
        Assert.IsTrue(net.first.weight.grad!.allclose(gradient.to(ScalarType.Float64)));
        Assert.AreEqual(ScalarType.Int64, net.get_buffer("count")!.dtype);
        Assert.AreEqual(ScalarType.Float64, net.call(ones(2, 3, dtype: ScalarType.Float64)).dtype);
    }

    [TestMethod]
    public void To_SameTypeAndDevice_LeavesTheParametersAlone()
    {
        using var net = new Net();
        var weight = net.first.weight;
        net.to(ScalarType.Float32).cpu().to("cpu");
        Assert.AreSame(weight, net.first.weight);
        Assert.ThrowsExactly<ArgumentException>(() => net.to(ScalarType.Int32));
    }

    [TestMethod]
    public void Hooks_SeeAndReplaceInputsAndOutputs_UntilRemoved()
    {
        using var scope = NewDisposeScope();
        using var identity = nn.Identity();
        var seen = new List<string>();
        var pre = identity.register_forward_pre_hook((_, x) => x + 1);
        var post = identity.register_forward_hook((_, x, y) => (x * 10) + y);
        var plain = identity.register_forward_hook(m => seen.Add(m.GetName()));
        Assert.AreEqual(22, identity.call(ones(1)).item<float>());
        Assert.AreEqual(1, identity.forward(ones(1)).item<float>());
        pre.remove();
        post.remove();
        plain.remove();
        Assert.AreEqual(1, identity.call(ones(1)).item<float>());
        CollectionAssert.AreEqual(new[] { "Identity" }, seen);
    }

    [TestMethod]
    public void Dispose_DisposesParametersBuffersAndChildren()
    {
        var before = Tensor.TotalCount;
        var net = new Net();
        var weight = net.first.weight;
        net.Dispose();
        net.Dispose();
        Assert.IsTrue(weight.IsInvalid);
        Assert.AreEqual(before, Tensor.TotalCount);
    }

    [TestMethod]
    public void Module_MadeInScope_OutlivesIt()
    {
        nn.Module<Tensor, Tensor> net;
        using (NewDisposeScope())
        {
            net = nn.Sequential(nn.Embedding(4, 3), nn.Linear(3, 3), nn.BatchNorm1d(3));
        }

        using (net)
        using (NewDisposeScope())
        {
            CollectionAssert.AreEqual(new long[] { 2, 3 }, net.call(tensor(new long[] { 0, 1 })).shape);
        }
    }

    [TestMethod]
    public void Register_OfWrongNamesAndTensors_IsRefused()
    {
        using var net = new Net();
        using var other = nn.ReLU();
        using var buffer = ones(1);
        Assert.ThrowsExactly<ArgumentException>(() => net.register_module("a.b", other));
        Assert.ThrowsExactly<ArgumentException>(() => net.register_module("", other));
        Assert.ThrowsExactly<InvalidOperationException>(() => net.register_module("first", other));
        Assert.ThrowsExactly<InvalidOperationException>(() => net.register_buffer("mask", buffer));
        Assert.ThrowsExactly<ArgumentNullException>(() => net.register_buffer("none", null!));
        Assert.ThrowsExactly<InvalidOperationException>(() => net.register_parameter("scale", net.scale));
        Assert.ThrowsExactly<InvalidOperationException>(() => other.register_buffer("x", buffer));
    }

    [TestMethod]
    public void GetParameter_ByPath_FindsItOrNull()
    {
        using var net = new Pair(new Net(), nn.ReLU());
        Assert.IsNotNull(net.get_parameter("left.first.weight"));
        Assert.IsTrue(net.has_parameter("left.scale"));
        Assert.IsTrue(net.has_buffer("left.count"));
        Assert.IsFalse(net.has_parameter("left.third.weight"));
        Assert.IsNull(net.get_buffer("right.count"));
    }

    [TestMethod]
    public void Forward_WithSixInputs_Hooks()
    {
        using var scope = NewDisposeScope();
        using var sum = new Six();
        var hook = sum.register_forward_pre_hook((_, a, b, c, d, e, f) => (a + 1, b, c, d, e, f));
        Assert.AreEqual(7, sum.call(ones(1), ones(1), ones(1), ones(1), ones(1), ones(1)).item<float>());
        hook.remove();
        Assert.AreEqual(6, sum.call(ones(1), ones(1), ones(1), ones(1), ones(1), ones(1)).item<float>());
    }

    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        internal readonly Linear first = nn.Linear(3, 4);
        internal readonly Linear second = nn.Linear(4, 2);
        internal Parameter scale = nn.Parameter(ones(4));

        [ComponentName(Name = "count")]
        private readonly Tensor _count = zeros(1, dtype: ScalarType.Int64);

        internal Net()
            : base("Net")
        {
            RegisterComponents();
            register_buffer("mask", ones(4), persistent: false);
        }

        public override Tensor forward(Tensor input) => second.call(first.call(input) * scale);
    }

    private sealed class Pair : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "left")]
        private readonly nn.Module<Tensor, Tensor> _left;

        [ComponentName(Name = "right")]
        private readonly nn.Module<Tensor, Tensor> _right;

        internal Pair(nn.Module<Tensor, Tensor> left, nn.Module<Tensor, Tensor> right)
            : base("Pair")
        {
            _left = left;
            _right = right;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _right.call(_left.call(input));
    }

    private sealed class Six() : nn.Module<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>("Six")
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c, Tensor d, Tensor e, Tensor f) => a + b + c + d + e + f;
    }
}
