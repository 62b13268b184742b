using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Fulgurite.Loggers;

/// <summary>
/// A TensorBoard event file: records of a length, its checksum, the bytes and their checksum. A checksum is a CRC-32C, rotated and shifted
/// so that it stays effective for data that contains CRCs.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";

    private static int _count;

    private readonly FileStream _file;

    private EventFile(FileStream file) => _file = file;

    /// <summary>Creates a file in the folder of a run; TensorBoard merges all files of a folder into one run.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="now">The time, which determines the order of files.</param>
    /// <param name="purgeFrom">The first step of earlier files to discard; null if there is none.</param>
    public static EventFile Create(string folder, DateTimeOffset now, long? purgeFrom)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"events.out.tfevents.{now.ToUnixTimeSeconds():D10}.{Environment.MachineName}."
                + $"{Environment.ProcessId}.{Interlocked.Increment(ref _count) - 1}");
        var file = new EventFile(
            new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete));
        file.Write(now, step: 0, new Event { FileVersion = Version });
        if (purgeFrom is { } step)
        {
            file.Write(now, step, new Event { SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
        }

        return file;
    }

    /// <summary>Writes values as an event.</summary>
    /// <param name="time">The time of the event.</param>
    /// <param name="step">The number of optimizer steps.</param>
    /// <param name="summary">The values.</param>
    public void Write(DateTimeOffset time, long step, Summary summary) => Write(time, step, new Event { Summary = summary });

    public void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();

    private void Write(DateTimeOffset time, long step, Event message)
    {
        (message.WallTime, message.Step) = (time.ToUnixTimeMilliseconds() / 1000.0, step);
        var content = message.ToByteArray();
        Span<byte> header = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], MaskedCrc(header[..sizeof(ulong)]));
        _file.Write(header);
        _file.Write(content);
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc(content));
        _file.Write(footer);
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        const uint mask = 0xA282EAD8;
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return BitOperations.RotateRight(~crc, 15) + mask;
    }
}
