using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class AutogradTests : TensorTest
{
    [TestMethod]
    public void Backward_OfASquare_GivesTwiceTheInput()
    {
        var x = tensor(new[] { 1f, -2f, 3f }, requires_grad: true);
        x.square().sum().backward();
        AssertValues(x.grad!, 2, -4, 6);
    }

    [TestMethod]
    public void Backward_ThroughALinearLayer_IsTheTextbookGradient()
    {
        var x = tensor(new[,] { { 1f, 2f } });
        var w = tensor(new[,] { { 3f, 4f }, { 5f, 6f } }, requires_grad: true);
        var b = zeros(2, requires_grad: true);
        (x.matmul(w.t()) + b).sum().backward();
        AssertValues(w.grad!, 1, 2, 1, 2);
        AssertValues(b.grad!, 1, 1);
    }

    [TestMethod]
    public void Backward_Twice_AddsUp()
    {
        var x = ones(2, requires_grad: true);
        (x * 2).sum().backward();
        (x * 3).sum().backward();
        AssertValues(x.grad!, 5, 5);
    }

    [TestMethod]
    public void Backward_TwiceThroughOneGraph_NeedsRetain()
    {
        var x = ones(2, requires_grad: true);
        var loss = x.square().sum();
        loss.backward(retain_graph: true);
        loss.backward();
        AssertValues(x.grad!, 4, 4);
        Assert.ThrowsExactly<ExternalException>(() => loss.backward());
    }

    [TestMethod]
    public void Backward_WithAGradient_WeighsTheOutputs()
    {
        var x = ones(2, requires_grad: true);
        (x * 2).backward([tensor(new[] { 1f, 10f })]);
        AssertValues(x.grad!, 2, 20);
    }

    [TestMethod]
    public void Backward_OfSomethingWithoutGradient_SaysSo()
    {
        var error = Assert.ThrowsExactly<ExternalException>(() => ones(1).backward());
        Assert.Contains("does not require grad", error.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Grad_BeforeBackward_IsNull()
    {
        var x = ones(2, requires_grad: true);
        Assert.IsNull(x.grad);
        x.grad = ones(2);
        AssertValues(x.grad!, 1, 1);
        x.grad = null;
        Assert.IsNull(x.grad);
    }

    [TestMethod]
    public void RequiresGrad_PropagatesUnlessDetached()
    {
        var x = ones(2, requires_grad: true);
        var y = x * 2;
        Assert.IsTrue(y.requires_grad);
        Assert.IsFalse(y.is_leaf);
        Assert.IsTrue(x.is_leaf);
        Assert.IsFalse(y.detach().requires_grad);
        Assert.IsTrue(zeros(1).requires_grad_().requires_grad);
    }

    [TestMethod]
    public void RetainGrad_OfAnInnerTensor_KeepsItsGradient()
    {
        var x = ones(2, requires_grad: true);
        var y = x * 2;
        y.retain_grad();
        (y * 3).sum().backward();
        AssertValues(y.grad!, 3, 3);
    }

    [TestMethod]
    public void NoGrad_StopsRecordingUntilDisposed()
    {
        var x = ones(2, requires_grad: true);
        using (no_grad())
        {
            Assert.IsFalse(is_grad_enabled());
            Assert.IsFalse((x * 2).requires_grad);
            using (enable_grad())
            {
                Assert.IsTrue((x * 2).requires_grad);
            }

            Assert.IsFalse(is_grad_enabled());
        }

        Assert.IsTrue((x * 2).requires_grad);
    }

    [TestMethod]
    public void SetGradEnabled_SwitchesAndRestores()
    {
        using (set_grad_enabled(false))
        {
            Assert.IsFalse(is_grad_enabled());
        }

        Assert.IsTrue(is_grad_enabled());
    }

    [TestMethod]
    public void InferenceMode_MakesTensorsThatCannotBeTrained()
    {
        Tensor made;
        using (inference_mode())
        {
            Assert.IsTrue(is_inference_mode_enabled());
            made = ones(2);
        }

        Assert.IsFalse(is_inference_mode_enabled());
        Assert.IsTrue(is_grad_enabled());
        Assert.ThrowsExactly<ExternalException>(() => (made * ones(2, requires_grad: true)).sum().backward());
    }

    [TestMethod]
    public void InPlace_OnALeafThatNeedsAGradient_IsRefused()
    {
        var x = ones(2, requires_grad: true);
        Assert.ThrowsExactly<ExternalException>(() => x.add_(1));
        using (no_grad())
        {
            x.add_(1);
        }

        AssertValues(x, 2, 2);
    }

    [TestMethod]
    public void AutogradGrad_ReturnsGradientsWithoutKeepingThem()
    {
        var x = tensor(3f, requires_grad: true);
        var gradients = autograd.grad([x.pow(3)], [x], create_graph: true);
        Assert.AreEqual(27f, gradients[0].item<float>());
        var second = autograd.grad([gradients[0]], [x]);
        Assert.AreEqual(18f, second[0].item<float>());
        Assert.IsNull(x.grad);
    }

    [TestMethod]
    public void AutogradBackward_SeveralLosses_AddUp()
    {
        var x = ones(1, requires_grad: true);
        autograd.backward([(x * 2).sum(), (x * 3).sum()]);
        AssertValues(x.grad!, 5);
    }
}
