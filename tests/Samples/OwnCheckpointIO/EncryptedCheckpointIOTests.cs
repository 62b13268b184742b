using System.Security.Cryptography;
using System.Text;
using Fulgurite.Testing;
using Fulgurite.Testing.Conformance;
using global::OwnCheckpointIO;

namespace Fulgurite.Tests.Samples.OwnCheckpointIO;

[TestClass]
public sealed class EncryptedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => EncryptedCheckpointIOTests.Make();
}

[TestClass]
public sealed class AsyncOverEncryptedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(EncryptedCheckpointIOTests.Make());
}

/// <summary>samples/OwnCheckpointIO: what its users expect besides the contract.</summary>
[TestClass]
public sealed class EncryptedCheckpointIOTests(TestContext context)
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [TestMethod]
    public async Task Save_File_HoldsNothingThatCanBeRead()
    {
        using var folder = new TemporaryFolder();
        await using var io = Make();
        using var state = SampleStates.Small(1);

        await io.SaveCheckpointAsync(state, folder.File("a.ckpt"), null, context.CancellationToken);

        var file = await File.ReadAllBytesAsync(folder.File("a.ckpt"), context.CancellationToken);
        foreach (var key in state.Root.Keys)
        {
            Assert.IsLessThan(0, file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(key.ToString()!)), $"'{key}' can be read");
        }
    }

    [TestMethod]
    [DataRow(0, DisplayName = "nonce")]
    [DataRow(12, DisplayName = "tag")]
    [DataRow(200, DisplayName = "content")]
    public async Task Load_ChangedFile_IsRefusedByName(int place)
    {
        using var folder = new TemporaryFolder();
        await using var io = Make();
        var path = folder.File("a.ckpt");
        using var state = SampleStates.Small(1);
        await io.SaveCheckpointAsync(state, path, null, context.CancellationToken);
        var file = await File.ReadAllBytesAsync(path, context.CancellationToken);
        file[place] ^= 1;
        await File.WriteAllBytesAsync(path, file, context.CancellationToken);

        var exception = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(path, null, context.CancellationToken));

        Assert.AreEqual(path, exception.Path);
        Assert.Contains(path, exception.Message);
    }

    [TestMethod]
    public async Task Load_AFewBytes_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        await using var io = Make();
        await File.WriteAllBytesAsync(folder.File("a.ckpt"), new byte[5], context.CancellationToken);

        var exception = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(folder.File("a.ckpt"), null, context.CancellationToken));

        Assert.Contains("has 5 bytes", exception.Message);
    }

    [TestMethod]
    public void Create_KeyOfAnotherLength_SaysWhatAKeyIs()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("key"), new byte[31]);

        var exception = Assert.ThrowsExactly<ArgumentException>(
            () => new EncryptedCheckpointIO(new EncryptionOptions { KeyFile = folder.File("key") }));

        Assert.Contains("has 31 bytes; a key has 32", exception.Message);
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_TrainsReadsBackAndRefusesAnotherKey()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.Of("OwnCheckpointIO", folder.Path, context.CancellationToken);

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        Assert.Contains("AsyncCheckpointIO > EncryptedCheckpointIO", run.Output);
        Assert.Contains("trained: y = 3.00 x + 1.00; read back: y = 3.00 x + 1.00", run.Output);
        Assert.Contains("with another key: The checkpoint '", run.Output);
    }

    internal static EncryptedCheckpointIO Make()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("key"), Key);
        return new EncryptedCheckpointIO(new EncryptionOptions { KeyFile = folder.File("key") });
    }
}
