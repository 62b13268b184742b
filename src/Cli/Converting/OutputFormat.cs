namespace Fulgurite.Cli;

/// <summary>Selects the output format: the specified one, or that of the file name extension.</summary>
internal static class OutputFormat
{
    public const string Torch = "torch";
    public const string Safetensors = "safetensors";

    public static string Of(string path, string? asked) => asked ?? Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => Safetensors,
        ".ckpt" or ".pt" or ".pth" or ".bin" => Torch,
        _ => throw new UsageException(
            $"The format cannot be determined from the name '{path}'. Use the extension .safetensors, .ckpt or .pt, "
                + "or add --to torch or --to safetensors."),
    };

    public static FileCheckpointIO IO(string format) => format == Torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();

    /// <summary>Throws if the output exists and --force was not specified, or if it is the input file.</summary>
    public static void ThrowIfTaken(string output, string input, bool force)
    {
        if (string.Equals(Path.GetFullPath(output), Path.GetFullPath(input), StringComparison.Ordinal))
        {
            throw new UsageException($"'{output}' is the input file. Specify another name.");
        }

        if (!force && File.Exists(output))
        {
            throw new UsageException($"'{output}' exists. Add --force to overwrite it, or specify another name.");
        }
    }
}
