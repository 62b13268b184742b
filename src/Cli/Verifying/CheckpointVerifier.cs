using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Verifies a file: its structure and its tree, then the bytes of all tensors against their checksums.</summary>
internal static class CheckpointVerifier
{
    public static async Task<VerificationReport> RunAsync(string path, bool finite, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            using var checkpoint = await OpenCheckpoint.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            var tensors = StateNodes.TensorsBelow(checkpoint.State.Root).Count();
            var checksums = await VerifyAsync(checkpoint, screen, cancellationToken).ConfigureAwait(false);
            var problem = finite ? FindNotFinite(checkpoint, screen, cancellationToken) : null;
            return new VerificationReport(path, problem, checkpoint.ByteLength, tensors, checksums);
        }
        catch (CheckpointCorruptException exception)
        {
            return new VerificationReport(path, exception.Message, Tensor: exception.Tensor, Offset: exception.Offset)
            {
                // No byte of an increment whose base is gone is damaged. A part of a sharded checkpoint is one of its own files.
                IsIncomplete = exception.InnerException is CheckpointNotFoundException
                    && !ShardIndex.IsIndex(OpenCheckpoint.FindIndex(path) ?? path),
            };
        }
    }

    /// <summary>Verifies a checkpoint; of a chain that is damaged, the first damaged file is reported.</summary>
    private static async Task<int> VerifyAsync(OpenCheckpoint checkpoint, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            return checkpoint.VerifyChecksums(screen, cancellationToken);
        }
        catch (CheckpointCorruptException exception)
        {
            foreach (var (path, _) in checkpoint.Chain.SkipLast(1))
            {
                if ((await RunAsync(path, finite: false, screen, cancellationToken).ConfigureAwait(false)).Problem is { } problem)
                {
                    throw new CheckpointCorruptException(
                        $"{exception.Message} The damage is in a file that it is based on. {problem}", checkpoint.Path, exception)
                    {
                        Tensor = exception.Tensor,
                        Offset = exception.Offset,
                    };
                }
            }

            throw;
        }
    }

    private static string? FindNotFinite(OpenCheckpoint checkpoint, Screen screen, CancellationToken cancellationToken)
    {
        var found = TensorStatistics.OfAll(checkpoint.State.Root, string.Empty, withHistogram: false, screen, cancellationToken).Where(
            entry => entry.Value.NotFinite > 0).ToList();
        return found.Count == 0
            ? null
            : $"{Amounts.Count(found.Count, "tensor")} with NaN or infinity: {string.Join(", ", found.Take(5).Select(Describe))}"
                + $"{(found.Count > 5 ? ", ..." : string.Empty)}";
    }

    private static string Describe(KeyValuePair<string, TensorStatistics> entry) =>
        $"{entry.Key} ({Amounts.Count(entry.Value.NotFinite)} of {Amounts.Count(entry.Value.Count)})";
}

/// <summary>The result of verifying a file.</summary>
/// <param name="Path">The path of the file.</param>
/// <param name="Problem">The problem; null if there is none.</param>
/// <param name="Bytes">The length of the file.</param>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Checksums">The number of checksums; all were verified.</param>
/// <param name="Tensor">The damaged tensor, if it is known.</param>
/// <param name="Offset">The offset of the damage in the file, if it is known.</param>
internal sealed record VerificationReport(
    string Path, string? Problem, long Bytes = 0, int Tensors = 0, int Checksums = 0, string? Tensor = null, long? Offset = null)
{
    public bool IsValid => Problem is null;

    /// <summary>Gets a value indicating whether the problem is that the base of the increment is gone.</summary>
    public bool IsIncomplete { get; init; }

    public override string ToString() => Problem is not null
        ? $"{Path}: {(IsIncomplete ? "INCOMPLETE" : "DAMAGED")}. {Problem}"
        : $"{Path}: ok, {Amounts.Count(Tensors, "tensor")}, {Amounts.Bytes(Bytes)}, "
                + (Checksums > 0
                    ? $"{Amounts.Count(Checksums, "checksum")} verified"
                    : "no checksums in the file: the structure is valid, but the numbers cannot be verified");

    public JsonObject ToJson() => new()
    {
        ["file"] = Path,
        ["valid"] = IsValid,
        ["problem"] = Problem,
        ["bytes"] = Bytes,
        ["tensors"] = Tensors,
        ["checksums"] = Checksums,
        ["tensor"] = Tensor,
        ["offset"] = Offset,
    };
}
