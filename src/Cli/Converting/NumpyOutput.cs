using System.IO.Compression;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite.Cli;

/// <summary>Writes an <c>.npy</c> or <c>.npz</c> file durably; the target is replaced once the new file is complete.</summary>
internal static class NumpyOutput
{
    public static void Write(string path, IReadOnlyList<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        new LocalStorage().Write(
            path,
            file =>
            {
                if (path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
                {
                    WriteArchive(file, tensors, cancellationToken);
                }
                else
                {
                    NumpyFile.Write(tensors[0].Tensor, file, cancellationToken);
                }
            },
            cancellationToken);
    }

    private static void WriteArchive(Stream file, IReadOnlyList<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        using var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (path, tensor) in tensors)
        {
            using var entry = archive.CreateEntry($"{path}.npy", CompressionLevel.NoCompression).Open();
            NumpyFile.Write(tensor, entry, cancellationToken);
        }
    }
}
