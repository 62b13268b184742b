using TorchSharp;

namespace Fulgurite.Tests.Core.State;

/// <summary>Copies into live tensors whose read fails in the middle: what is overwritten counts as changed.</summary>
[TestClass]
public sealed class TensorCopiesTests
{
    [TestMethod]
    public void Run_ReadFails_CountsEveryTarget()
    {
        using var scope = NewDisposeScope();
        var targets = new[] { zeros(3), zeros(3), zeros(3) };
        var versions = targets.Select(VersionCounter.Of).ToArray();
        var copies = new TensorCopies();
        copies.Add(TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3), targets[0]);
        copies.Add(new TensorData(new FailingStorage(), ScalarType.Float32, [3], [1]), targets[1]);
        copies.Add(TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3), targets[2]);

        Assert.ThrowsExactly<CheckpointException>(copies.Run);

        Assert.AreEqual(2f, targets[0][1].item<float>());
        Assert.AreNotEqual(0f, targets[1][0].item<float>());
        for (var index = 0; index < targets.Length; index++)
        {
            Assert.IsGreaterThan(versions[index], VersionCounter.Of(targets[index]), $"target {index}");
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Run_TargetGotOtherMemoryOrIsDisposed_IsRefused(bool isDisposed)
    {
        using var target = zeros(3);
        using var other = zeros(3);
        var copies = new TensorCopies();
        copies.Add(TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3), target);
        if (isDisposed)
        {
            target.Dispose();
        }
        else
        {
            target.set_(other);
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(copies.Run);

        Assert.Contains(isDisposed ? "Tensor invalid" : "got other memory", error.Message);
        Assert.AreEqual(0f, other[0].item<float>());
    }

    [TestMethod]
    public void CopyTo_ReadFails_CountsTheTarget()
    {
        using var target = zeros(3);
        var version = VersionCounter.Of(target);

        Assert.ThrowsExactly<CheckpointException>(
            () => new TensorData(new FailingStorage(), ScalarType.Float32, [3], [1]).CopyTo(target));

        Assert.IsGreaterThan(version, VersionCounter.Of(target));
    }

    /// <summary>Reads half of a range and fails.</summary>
    private sealed class FailingStorage : TensorStorage
    {
        public override long ByteLength => 12;

        public override nint Address => 0;

        public override bool IsCaptured => true;

        public override bool TryRead(long offset, Span<byte> destination)
        {
            destination[..(destination.Length / 2)].Fill(7);
            throw new CheckpointException("The connection was lost.", "a");
        }
    }
}
