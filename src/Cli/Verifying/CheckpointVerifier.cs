
namespace Fulgurite.Cli;

/// <summary>Verifies a file: its structure and its tree, then the bytes of all tensors against their checksums.</summary>
internal static class CheckpointVerifier
{
    public static async Task<VerificationReport> RunAsync(string path, bool finite, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            using var checkpoint = await OpenCheckpoint.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            var tensors = StateNodes.Tensors(checkpoint.State.Root).ToList();
            var checksums = checkpoint.VerifyChecksums(screen, cancellationToken);
            var problem = finite ? FindNotFinite(checkpoint, screen, cancellationToken) : null;
            return new VerificationReport(path, problem, checkpoint.ByteLength, tensors.Count, checksums);
        }
        catch (CheckpointCorruptException exception)
        {
            return new VerificationReport(path, exception.Message, Tensor: exception.Tensor, Offset: exception.Offset);
        }
    }

    private static string? FindNotFinite(OpenCheckpoint checkpoint, Screen screen, CancellationToken cancellationToken)
    {
        var found = TensorStatistics.OfAll(checkpoint.State.Root, string.Empty, withHistogram: false, screen, cancellationToken).Where(entry => entry.Value.NotFinite > 0).ToList();
        return found.Count == 0
            ? null
            : $"{Amounts.Count(found.Count, "tensor")} with NaN or infinity: {string.Join(", ", found.Take(5).Select(entry => $"{entry.Key} ({Amounts.Count(entry.Value.NotFinite)} of {Amounts.Count(entry.Value.Count)})"))}{(found.Count > 5 ? ", ..." : string.Empty)}";
    }
}
