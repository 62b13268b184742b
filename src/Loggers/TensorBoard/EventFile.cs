using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Fulgurite.Loggers.TensorBoard;

/// <summary>
/// An event file: records of a length, its checksum, the bytes and their checksum. A checksum is a CRC-32C, rotated and shifted so that the
/// CRC of data that holds CRCs is still a good one.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";

    private static int _count;

    private readonly FileStream _file;

    private EventFile(FileStream file) => _file = file;

    /// <summary>Makes a file in the folder of a run; several in one folder are one run for TensorBoard.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="now">The time, which orders the files.</param>
    /// <param name="purgeFrom">The first step that earlier files of the folder have and that never happened; null for none.</param>
    public static EventFile Create(string folder, DateTimeOffset now, long? purgeFrom)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{now.ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref _count) - 1}");
        var file = new EventFile(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete));
        file.Write(now, step: 0, message => message.Text(3, Version));
        if (purgeFrom is { } step)
        {
            const int start = 1;
            file.Write(now, step, message => message.Message(7, new ProtobufWriter().Integer(1, start)));
        }

        return file;
    }

    /// <summary>Writes an event.</summary>
    /// <param name="time">When it was.</param>
    /// <param name="step">The optimizer steps done.</param>
    /// <param name="write">Adds what it is.</param>
    public void Write(DateTimeOffset time, long step, Action<ProtobufWriter> write)
    {
        var message = new ProtobufWriter().Double(1, time.ToUnixTimeMilliseconds() / 1000.0).Integer(2, step);
        write(message);
        var content = message.Written;
        Span<byte> header = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], MaskedCrc(header[..sizeof(ulong)]));
        _file.Write(header);
        _file.Write(content);
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc(content));
        _file.Write(footer);
    }

    public void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();

    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        const uint mask = 0xA282EAD8;
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var next in bytes)
        {
            crc = BitOperations.Crc32C(crc, next);
        }

        return BitOperations.RotateRight(~crc, 15) + mask;
    }
}
