using System.IO.Compression;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Writes zips with the base library, as torch files look from outside.</summary>
internal static class ZipBuilder
{
    /// <summary>A torch file of a pickle and storages.</summary>
    public static byte[] Torch(byte[] pickle, params byte[][] storages) =>
        Zip([("a/data.pkl", pickle), .. storages.Select((bytes, index) => ($"a/data/{index}", bytes)), ("a/version", "3\n"u8.ToArray())]);

    /// <summary>A zip of entries.</summary>
    public static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> entries, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var output = new MemoryStream();
        using (var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return output.ToArray();
    }
}
