using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.Tests.Loggers.Doubles;

/// <summary>
/// Reads event files strictly and shares no code with what writes them: every checksum is compared, by a bitwise CRC-32C, and every byte
/// of every message belongs to a field.
/// </summary>
internal static class EventReader
{
    /// <summary>A message: its fields in order, each an integer, a double, a float or bytes.</summary>
    internal sealed record Message(IReadOnlyList<(int Field, object Value)> Fields)
    {
        public static Message Parse(byte[] bytes)
        {
            var fields = new List<(int, object)>();
            var at = 0;
            while (at < bytes.Length)
            {
                var tag = Varint(bytes, ref at);
                var field = (int)(tag >> 3);
                Assert.IsGreaterThan(0, field);
                switch (tag & 7)
                {
                    case 0:
                        fields.Add((field, (long)Varint(bytes, ref at)));
                        break;
                    case 1:
                        fields.Add((field, BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(at, 8))));
                        at += 8;
                        break;
                    case 2:
                        var length = (int)Varint(bytes, ref at);
                        fields.Add((field, bytes.AsSpan(at, length).ToArray()));
                        at += length;
                        break;
                    case 5:
                        fields.Add((field, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at, 4))));
                        at += 4;
                        break;
                    default:
                        Assert.Fail($"There is no wire type {tag & 7}.");
                        break;
                }
            }

            Assert.AreEqual(bytes.Length, at);
            return new Message(fields);
        }

        public bool Has(int field) => Fields.Any(item => item.Field == field);

        public T Get<T>(int field) => (T)Fields.Single(item => item.Field == field).Value;

        public string Text(int field) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Get<byte[]>(field));

        public Message Child(int field) => Parse(Get<byte[]>(field));

        public IEnumerable<Message> Children(int field) =>
            Fields.Where(item => item.Field == field).Select(item => Parse((byte[])item.Value));

        public double[] Doubles(int field) =>
            [.. Get<byte[]>(field).Chunk(8).Select(bytes => BinaryPrimitives.ReadDoubleLittleEndian(bytes))];

        private static ulong Varint(byte[] bytes, ref int at)
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var next = bytes[at++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }

    public static List<Message> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var events = new List<Message>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at, 8));
            Assert.AreEqual(
                Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8, 4)), $"length at {at}");
            var content = bytes.AsSpan(at + 12, length).ToArray();
            Assert.AreEqual(
                Masked(content), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length, 4)), $"content at {at}");
            events.Add(Message.Parse(content));
            at += 16 + length;
        }

        Assert.AreEqual("brain.Event:2", events[0].Text(3));
        return events;
    }

    /// <summary>
    /// All scalars of a run's folder as TensorBoard shows them: a mark of a new start takes back what is at its step and later.
    /// </summary>
    public static SortedDictionary<string, SortedDictionary<long, List<float>>> Scalars(string folder)
    {
        var scalars = new SortedDictionary<string, SortedDictionary<long, List<float>>>(StringComparer.Ordinal);
        foreach (var message in Directory.GetFiles(folder, "*tfevents*").Order(StringComparer.Ordinal).SelectMany(Read))
        {
            var step = message.Has(2) ? message.Get<long>(2) : 0;
            if (message.Has(7) && message.Child(7).Get<long>(1) == 1)
            {
                foreach (var curve in scalars.Values)
                {
                    curve.Keys.Where(known => known >= step).ToList().ForEach(known => curve.Remove(known));
                }
            }

            foreach (var value in message.Has(5) ? message.Child(5).Children(1) : [])
            {
                if (value.Has(2))
                {
                    scalars.TryAdd(value.Text(1), []);
                    scalars[value.Text(1)].TryAdd(step, []);
                    scalars[value.Text(1)][step].Add(value.Get<float>(2));
                }
            }
        }

        return scalars;
    }

    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var next in bytes)
        {
            crc ^= next;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return ~crc;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = Crc32C(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
