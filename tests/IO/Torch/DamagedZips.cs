using System.Text;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Loads zips that are damaged, and finds the places to damage.</summary>
internal static class DamagedZips
{
    public static byte[] EmptyMap { get; } = new PickleBuilder().Op('}').Stop();

    public static TrainingState Load(byte[] file, LoadOptions? options = null) =>
        new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = file })
            .LoadCheckpointAsync("a.pt", options, CancellationToken.None)
            .GetAwaiter()
            .GetResult();

    public static CheckpointCorruptException Refuses(byte[] file, string reason)
    {
        var refusal = Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(file));
        StringAssert.Contains(refusal.Message, reason);
        return refusal;
    }

    public static int FindFirst(byte[] file, string name) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name));

    public static int FindLast(byte[] file, string name) => file.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(name));
}
