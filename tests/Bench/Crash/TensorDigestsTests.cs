using System.Security.Cryptography;
using Fulgurite.Bench.Crash;
using Fulgurite.Testing;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>The judge of the crash tests finds damage.</summary>
[TestClass]
public sealed class TensorDigestsTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Of_File_HoldsTheDigestsOfItsTensorsUntilAByteOfThemChanges(bool isTorch)
    {
        var path = Path.Combine(Folder, "file");
        await using CheckpointIO io = isTorch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        using var state = SampleStates.Small(7);
        await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
        var file = await File.ReadAllBytesAsync(path, context.CancellationToken);
        var tensor = new[] { 7f, 8f, 9f }.SelectMany(BitConverter.GetBytes).ToArray();
        var digest = Convert.ToHexStringLower(SHA256.HashData(tensor).AsSpan(0, 8));

        Assert.Contains(digest, TensorDigests.Of(file));
        var place = file.AsSpan().IndexOf(tensor);
        for (var index = 0; index < tensor.Length; index++)
        {
            var damaged = (byte[])file.Clone();
            damaged[place + index] ^= 1;
            Assert.IsFalse(Holds(damaged, digest), $"byte {index}");
        }

        for (var length = 0; length < file.Length; length += 97)
        {
            Assert.IsFalse(Holds(file[..length], digest), $"{length} bytes");
        }
    }

    private static bool Holds(byte[] file, string digest)
    {
        try
        {
            return TensorDigests.Of(file).Contains(digest);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
