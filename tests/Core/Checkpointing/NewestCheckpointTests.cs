using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite.Tests.Core.Checkpointing;

[TestClass]
public sealed class NewestCheckpointTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A dangling link looks like a file that another run removes, so the folder is listed again and again.</summary>
    [TestMethod]
    public async Task Pick_BesideADanglingLink_VerifiesTheCheckpointOnce()
    {
        await using var io = new CountingIO(new InMemoryCheckpointIO());
        var listings = 0;

        var path = new NewestCheckpoint(io, NullLogger.Instance).Pick(() =>
        {
            listings++;
            return [Gone(), new CheckpointEntry("a.ckpt", 100, Time)];
        });

        Assert.AreEqual("a.ckpt", path);
        Assert.AreEqual(1, io.Verified);
        Assert.IsGreaterThan(1, listings);
    }

    [TestMethod]
    public async Task Pick_CheckpointIsReplacedBetweenListings_VerifiesItAgain()
    {
        await using var io = new CountingIO(new InMemoryCheckpointIO());
        var listings = 0;

        new NewestCheckpoint(io, NullLogger.Instance).Pick(
            () => listings++ == 0
                ? [Gone(), new CheckpointEntry("a.ckpt", 100, Time)]
                : [new CheckpointEntry("a.ckpt", 100, Time + TimeSpan.FromSeconds(1))]);

        Assert.AreEqual(2, io.Verified);
    }

    private static CheckpointEntry Gone() => new("gone.ckpt", null, null, Failure: new CheckpointNotFoundException("gone.ckpt"));

    private sealed class CountingIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public int Verified { get; private set; }

        public override Task VerifyAsync(string path, CancellationToken cancellationToken)
        {
            Verified++;
            return Task.CompletedTask;
        }
    }
}
