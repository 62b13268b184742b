using System.Buffers.Binary;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>Reads a checkpoint file. The format is detected from the content, not from the file name.</summary>
internal static partial class CheckpointFile
{
    private const int StartLength = sizeof(long) + 1;
    private const int MostLogged = 8;

    /// <summary>Reads a checkpoint file.</summary>
    /// <param name="reader">The open file.</param>
    /// <param name="options">The load options.</param>
    /// <param name="logger">The logger for classes loaded as placeholders; null to disable logging.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public static TrainingState Read(StorageReader reader, LoadOptions options, ILogger? logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(options);
        if (reader.Length == 0)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{reader.Path}' cannot be read: it is empty. Load an older one.", reader.Path)
            { Offset = 0 };
        }

        Span<byte> start = stackalloc byte[(int)Math.Min(reader.Length, StartLength)];
        reader.Read(0, start);
        if (IsSafetensors(start, reader.Length))
        {
            using var chain = IncrementFile.TryRead(reader) is { } increment ? ChainReader.Open(reader, increment) : null;
            return new SafetensorsReader(chain ?? reader, options, cancellationToken).Read();
        }

        if (start is [(byte)'P', (byte)'K', ..] or [(byte)PickleOpcode.Protocol, <= 5, ..])
        {
            var torch = new TorchReader(reader, options, cancellationToken);
            var state = torch.Read();
            if (torch.Placeholders.Count > 0 && logger is not null)
            {
                LogPlaceholders(logger, reader.Path, torch.Placeholders.Count, string.Join(", ", torch.Placeholders.Take(MostLogged)));
            }

            return state;
        }

        return new ModuleFileReader(reader, options, cancellationToken).Read();
    }

    /// <summary>Checks for a header length followed by '{'. Oversized lengths pass too, so that the reader reports them.</summary>
    private static bool IsSafetensors(ReadOnlySpan<byte> start, long fileLength) =>
        start.Length == StartLength
        && start[^1] == (byte)'{'
        && (
            BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)fileLength
                || start[0] is not ((byte)'P' or (byte)PickleOpcode.Protocol));

    [LoggerMessage(
        EventId = 1, Level = LogLevel.Warning,
        Message = "The checkpoint '{Path}' contains objects of {Count} unknown classes, which are loaded as placeholders: {Classes}")]
    private static partial void LogPlaceholders(ILogger logger, string path, int count, string classes);
}
