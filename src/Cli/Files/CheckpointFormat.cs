using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Detects the format of a checkpoint from the start of the file.</summary>
internal static class CheckpointFormat
{
    public const string Torch = "torch";
    public const string LegacyTorch = "torch (before 1.6)";
    public const string Safetensors = "safetensors";
    public const string TorchSharpModule = "TorchSharp module";

    private const byte PickleProtocol = 0x80;
    private const int BraceAt = 8;

    /// <summary>Returns the format of a file that was read successfully.</summary>
    public static string Of(StorageReader reader)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(reader.Length, BraceAt + 1)];
        reader.Read(0, start);
        return start switch
        {
            [(byte)'P', (byte)'K', ..] => Torch,
            [PickleProtocol, <= 5, ..] => LegacyTorch,
            [.., (byte)'{'] when start.Length == BraceAt + 1 => Safetensors,
            _ => TorchSharpModule,
        };
    }
}
