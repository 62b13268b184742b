
namespace Fulgurite.Cli;

/// <summary>In which format a file is written: the one that was asked for, or the one that its name says.</summary>
internal static class OutputFormat
{
    public const string Torch = "torch";
    public const string Safetensors = "safetensors";

    public static string Of(string path, string? asked) => asked ?? Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => Safetensors,
        ".ckpt" or ".pt" or ".pth" or ".bin" => Torch,
        _ => throw new UsageException($"The name '{path}' does not say which format to write. Give it the ending .safetensors, .ckpt or .pt, or add --to torch or --to safetensors."),
    };

    public static FileCheckpointIO IO(string format) => format == Torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();

    /// <summary>Refuses to write over a file that nobody said to write over, and over the file that is read.</summary>
    public static void ThrowIfTaken(string output, string input, bool force)
    {
        if (string.Equals(Path.GetFullPath(output), Path.GetFullPath(input), StringComparison.Ordinal))
        {
            throw new UsageException($"'{output}' is the file that is read. Give another name.");
        }

        if (!force && File.Exists(output))
        {
            throw new UsageException($"'{output}' exists. Add --force to write over it, or give another name.");
        }
    }
}
