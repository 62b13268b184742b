using System.IO.Compression;
using Fulgurite.State;

namespace Fulgurite.Cli.Converting;

/// <summary>Writes an <c>.npy</c> or <c>.npz</c> beside its target and moves it there once it is whole.</summary>
internal static class NumpyOutput
{
    public static void Write(string path, IReadOnlyList<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                if (path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
                {
                    WriteArchive(file, tensors, cancellationToken);
                }
                else
                {
                    NumpyFile.Write(tensors[0].Tensor, file, cancellationToken);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
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
