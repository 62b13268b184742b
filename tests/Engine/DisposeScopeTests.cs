using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class DisposeScopeTests : TensorTest
{
    [TestMethod]
    public void Scope_AtItsEnd_DisposesWhatWasMadeInIt()
    {
        Tensor a, b;
        using (var scope = NewDisposeScope())
        {
            a = ones(2);
            b = a + 1;
            Assert.AreEqual(2, scope.DisposablesCount);
            Assert.IsTrue(scope.Contains(a));
        }

        Assert.IsTrue(a.IsInvalid);
        Assert.IsTrue(b.IsInvalid);
    }

    [TestMethod]
    public void Scopes_Nest_InnermostOwns()
    {
        using var outer = NewDisposeScope();
        var a = ones(1);
        using (var inner = NewDisposeScope())
        {
            Assert.AreSame(inner, CurrentDisposeScope);
            _ = ones(1);
            Assert.AreEqual(1, inner.DisposablesCount);
        }

        Assert.AreSame(outer, CurrentDisposeScope);
        Assert.AreEqual(1, outer.DisposablesCount);
        Assert.IsFalse(a.IsInvalid);
    }

    [TestMethod]
    public void MoveToOuter_OutlivesTheInnerScope()
    {
        using var outer = NewDisposeScope();
        Tensor kept, gone;
        using (NewDisposeScope())
        {
            gone = ones(1);
            kept = (gone + 1).MoveToOuterDisposeScope();
        }

        Assert.IsTrue(gone.IsInvalid);
        AssertValues(kept, 2);
        Assert.IsTrue(outer.Contains(kept));
    }

    [TestMethod]
    public void MoveToOuter_FromTheOutermost_BelongsToNoScope()
    {
        Tensor kept = null!;
        OnAnotherThread(() =>
        {
            using (var scope = NewDisposeScope())
            {
                kept = scope.MoveToOuter(ones(1));
            }

            Assert.IsFalse(kept.IsInvalid);
        });
        kept.Dispose();
    }

    [TestMethod]
    public void Detach_BelongsToNoScopeAndCanComeBack()
    {
        Tensor kept;
        using (NewDisposeScope())
        {
            kept = ones(1).DetachFromDisposeScope();
        }

        Assert.IsFalse(kept.IsInvalid);
        using (var scope = NewDisposeScope())
        {
            scope.Attach(kept);
            Assert.IsTrue(scope.Contains(kept));
        }

        Assert.IsTrue(kept.IsInvalid);
    }

    [TestMethod]
    public void MoveToOther_ByTensor_FollowsItsScope()
    {
        using var outer = NewDisposeScope();
        var there = ones(1);
        Tensor moved;
        using (NewDisposeScope())
        {
            moved = zeros(1).MoveToOtherDisposeScope(there);
        }

        Assert.IsFalse(moved.IsInvalid);
        Assert.IsTrue(outer.Contains(moved));
    }

    [TestMethod]
    public void DisposeEverythingBut_KeepsOnlyThat()
    {
        using var scope = NewDisposeScope();
        var a = ones(1);
        var b = ones(1);
        var kept = scope.DisposeEverythingBut(a);
        Assert.AreSame(a, kept);
        Assert.IsFalse(a.IsInvalid);
        Assert.IsTrue(b.IsInvalid);
        Assert.AreEqual(1, scope.DisposablesCount);
        scope.DisposeEverything();
        Assert.IsTrue(a.IsInvalid);
    }

    [TestMethod]
    public void Dispose_OfATensorInAScope_TakesItOut()
    {
        using var scope = NewDisposeScope();
        var a = ones(1);
        var b = ones(1);
        a.Dispose();
        Assert.AreEqual(1, scope.DisposablesCount);
        CollectionAssert.AreEqual(new[] { b }, scope.DisposablesView.ToArray());
    }

    [TestMethod]
    public void Dispose_OutOfOrder_KeepsTheChainRight()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        outer.Dispose();
        Assert.AreSame(inner, CurrentDisposeScope);
        inner.Dispose();
        Assert.AreNotSame(outer, CurrentDisposeScope);
        outer.Dispose();
    }

    [TestMethod]
    public void Scope_AfterItsEnd_RefusesUse()
    {
        var scope = NewDisposeScope();
        scope.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.DisposablesCount);
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Attach(ones(1)));
    }

    [TestMethod]
    public void Statistics_CountMadeAndDisposed()
    {
        OnAnotherThread(() =>
        {
            var statistics = DisposeScopeManager.Statistics;
            var outside = ones(1);
            using (NewDisposeScope())
            {
                _ = ones(1);
                var detached = ones(1).DetachFromDisposeScope();
                detached.Dispose();
            }

            Assert.AreEqual(1, statistics.CreatedOutsideScopeCount);
            Assert.AreEqual(2, statistics.CreatedInScopeCount);
            Assert.AreEqual(1, statistics.DetachedFromScopeCount);
            Assert.AreEqual(1, statistics.DisposedInScopeCount);
            Assert.AreEqual(1, statistics.DisposedOutsideScopeCount);
            Assert.AreEqual(1, statistics.ThreadTotalLiveCount);
            outside.Dispose();
            Assert.AreEqual(0, statistics.ThreadTotalLiveCount);
        });
    }

    [TestMethod]
    public void WrappedScope_KeepsOnlyTheResult()
    {
        using var scope = NewDisposeScope();
        var result = WrappedTensorDisposeScope(() => (ones(2) + ones(2)) * 3);
        AssertValues(result, 6, 6);
        Assert.AreEqual(1, scope.DisposablesCount);
    }

    [TestMethod]
    public void Operators_LeaveOneTensorEach()
    {
        using var scope = NewDisposeScope();
        var a = arange(12).reshape(3, 4);
        var before = scope.DisposablesCount;
        _ = a[1..2, TensorIndex.None, 2];
        _ = a[0, 1];
        Assert.AreEqual(before + 2, scope.DisposablesCount);
    }

    internal static void OnAnotherThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }
}
