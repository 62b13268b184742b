using System.Globalization;
using System.Text.Json;

namespace Fulgurite.IO;

/// <summary>The section of an index that names the files of a sharded checkpoint of this library.</summary>
/// <param name="SaveId">The identifier of the save.</param>
/// <param name="Files">The files.</param>
internal sealed record ShardManifest(string SaveId, IReadOnlyList<ShardFile> Files)
{
    /// <summary>The key of the section.</summary>
    public const string Key = "fulgurite";

    private const int Version = 1;

    /// <summary>Writes the section as the value of a property.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(Key);
        json.WriteNumber("version", Version);
        json.WriteString("save", SaveId);
        json.WriteStartObject("files");
        foreach (var file in Files)
        {
            json.WriteStartObject(file.Name);
            json.WriteNumber("bytes", file.ByteLength);
            json.WriteString("crc32", file.HeaderChecksum.ToString("x8", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Reads the section from an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="toFileName">Validates the name of a file in the same folder.</param>
    /// <returns>The section; null if the index has none.</returns>
    /// <exception cref="InvalidOperationException">The section is not valid.</exception>
    public static ShardManifest? Read(JsonElement index, Func<string?, string> toFileName)
    {
        if (!index.TryGetProperty(Key, out var section))
        {
            return null;
        }

        try
        {
            if (section.GetProperty("version").GetInt32() > Version)
            {
                throw new InvalidOperationException("it was written by a newer version of Fulgurite. Update the package that reads it");
            }

            var files = section.GetProperty("files").EnumerateObject().Select(file => new ShardFile(
                toFileName(file.Name), file.Value.GetProperty("bytes").GetInt64(),
                uint.Parse(file.Value.GetProperty("crc32").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            return new ShardManifest(section.GetProperty("save").GetString()!, [.. files]);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or FormatException or OverflowException
            or ArgumentNullException)
        {
            throw new InvalidOperationException($"its section '{Key}' is not valid: {exception.Message}", exception);
        }
    }
}

/// <summary>A file of a sharded checkpoint.</summary>
/// <param name="Name">Its name in the folder of the index.</param>
/// <param name="ByteLength">Its length in bytes.</param>
/// <param name="HeaderChecksum">The CRC-32 of its header, which contains the checksums of its tensors.</param>
internal sealed record ShardFile(string Name, long ByteLength, uint HeaderChecksum);
