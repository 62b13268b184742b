using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// Judges checkpoint files without the readers of this project: zip by the base library, safetensors by its specification. Checksums are
/// computed bit by bit, and the tensors are known only by digests of their bytes.
/// </summary>
internal static class TensorDigests
{
    /// <summary>Returns a digest of every tensor in a file: of the first 8 bytes of SHA-256, in hexadecimal.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static HashSet<string> Of(byte[] file)
    {
        try
        {
            return file is [(byte)'P', (byte)'K', ..] ? OfZip(file) : OfSafetensors(file);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException
            or KeyNotFoundException or OverflowException or FormatException)
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    private static HashSet<string> OfZip(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file, writable: false), ZipArchiveMode.Read);
        var digests = new HashSet<string>(StringComparer.Ordinal);
        var hasPickle = false;
        foreach (var entry in zip.Entries)
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open())
            {
                stream.CopyTo(content);
            }

            var bytes = content.ToArray();
            if (bytes.Length != entry.Length || Crc(bytes) != entry.Crc32)
            {
                throw new InvalidDataException($"'{entry.FullName}' has another length or checksum than the directory says.");
            }

            hasPickle |= entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal);
            if (entry.FullName.Contains("/data/", StringComparison.Ordinal))
            {
                digests.Add(Digest(bytes));
            }
        }

        return hasPickle ? digests : throw new InvalidDataException("There is no data.pkl.");
    }

    private static HashSet<string> OfSafetensors(byte[] file)
    {
        if (file.Length < 8
            || BinaryPrimitives.ReadUInt64LittleEndian(file) is var length && (length > 100_000_000 || length > (ulong)file.Length - 8))
        {
            throw new InvalidDataException("The header is longer than the file.");
        }

        var start = 8 + BinaryPrimitives.ReadInt32LittleEndian(file);
        using var header = JsonDocument.Parse(file.AsMemory(8, start - 8));
        var digests = new HashSet<string>(StringComparer.Ordinal);
        var end = 0L;
        foreach (var (from, to) in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__")
            .Select(entry => entry.Value.GetProperty("data_offsets")).Select(offsets => (offsets[0].GetInt32(), offsets[1].GetInt32()))
            .Order())
        {
            if (from != end || to < from || start + (long)to > file.Length)
            {
                throw new InvalidDataException($"A tensor lies at {from} to {to}; the one before ends at {end}.");
            }

            digests.Add(Digest(file.AsSpan(start + from, to - from)));
            end = to;
        }

        return start + end == file.Length
            ? digests
            : throw new InvalidDataException($"The tensors end at {start + end}, and the file at {file.Length}.");
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
            }
        }

        return ~crc;
    }
}
