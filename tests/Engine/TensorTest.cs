using TorchSharp;

[assembly: DoNotParallelize]

namespace Fulgurite.Tests.Engine;

/// <summary>
/// Gives each test a dispose scope of its own, and fails one that leaves tensors behind. The tests use nothing but TorchSharp's
/// public API, so that they hold for every engine.
/// </summary>
public abstract class TensorTest
{
    private DisposeScope _scope = null!;
    private long _before;

    [TestInitialize]
    public void OpenScope()
    {
        // What earlier tests left to the garbage collector must not be counted here.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        torch.manual_seed(7);
        _before = torch.Tensor.TotalCount;
        _scope = torch.NewDisposeScope();
    }

    [TestCleanup]
    public void CloseScope()
    {
        Assert.IsTrue(torch.is_grad_enabled(), "The test left gradients switched off.");
        Assert.AreSame(_scope, torch.CurrentDisposeScope, "The test left a dispose scope open.");
        _scope.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.AreEqual(_before, torch.Tensor.TotalCount, "The test left live tensors behind.");
    }

    /// <summary>Compares values in order, whatever the type of the tensor.</summary>
    protected static void AssertValues(torch.Tensor actual, params double[] expected)
    {
        using var scope = torch.NewDisposeScope();
        var values = actual.detach().to(torch.float64).reshape(-1).data<double>().ToArray();
        CollectionAssert.AreEqual(expected, values, $"Expected {string.Join(", ", expected)}; actual {string.Join(", ", values)}.");
    }

    protected static void AssertClose(torch.Tensor actual, params double[] expected)
    {
        using var scope = torch.NewDisposeScope();
        var values = actual.detach().to(torch.float64).reshape(-1).data<double>().ToArray();
        Assert.HasCount(expected.Length, values);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.AreEqual(expected[i], values[i], 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"element {i}");
        }
    }

    protected static void AssertShape(torch.Tensor actual, params long[] expected) => CollectionAssert.AreEqual(expected, actual.shape);
}
