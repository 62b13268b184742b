using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>
/// The operators already looked up, by name. Names are literals, so that the same name is nearly always the same object: the
/// table is hashed by reference, and a name that is another object of the same text merely has a second entry.
/// Read without a lock; written under one, into a copy.
/// </summary>
internal static unsafe class OpTable
{
    private static readonly Lock Gate = new();
    private static Entry?[] _table = new Entry?[1024];
    private static int _count;

    public static nint Find(string name)
    {
        var table = _table;
        for (var i = RuntimeHelpers.GetHashCode(name) & (table.Length - 1); table[i] is { } entry; i = (i + 1) & (table.Length - 1))
        {
            if (ReferenceEquals(entry.Name, name))
            {
                return entry.Op;
            }
        }

        return Add(name);
    }

    private static nint Add(string name)
    {
        var entry = new Entry(name, LookUp(name));
        lock (Gate)
        {
            var table = (Entry?[])_table.Clone();
            if (++_count > table.Length / 2)
            {
                table = new Entry?[table.Length * 2];
                foreach (var old in _table)
                {
                    if (old is not null)
                    {
                        Place(table, old);
                    }
                }
            }

            Place(table, entry);
            Volatile.Write(ref _table, table);
        }

        return entry.Op;
    }

    private static void Place(Entry?[] table, Entry entry)
    {
        var i = RuntimeHelpers.GetHashCode(entry.Name) & (table.Length - 1);
        while (table[i] is not null)
        {
            i = (i + 1) & (table.Length - 1);
        }

        table[i] = entry;
    }

    private static nint LookUp(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var op = Encoding.UTF8.GetBytes("aten::" + (dot < 0 ? name : name[..dot]) + "\0");
        var overload = Encoding.UTF8.GetBytes((dot < 0 ? "" : name[(dot + 1)..]) + "\0");
        fixed (byte* o = op, v = overload)
        {
            return Native.Check(Native.fg_find_op(o, v));
        }
    }

    private sealed record Entry(string Name, nint Op);
}
