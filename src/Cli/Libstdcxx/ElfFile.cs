using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.Cli;

/// <summary>
/// The dynamic symbols and version requirements of a shared library (ELF, 64-bit, little-endian, x86-64). Every read is bounds-checked.
/// </summary>
/// <exception cref="InvalidDataException">
/// The file has a different format, or is truncated or inconsistent; the message gives details.
/// </exception>
internal sealed class ElfFile
{
    private const int HeaderSize = 64, SectionSize = 64, SymbolSize = 24, DynamicSize = 16, NeedSize = 16;
    private const uint DynamicSection = 6, DynamicSymbols = 11, VersionDefinitions = 0x6ffffffd, VersionNeeds = 0x6ffffffe,
        VersionIndexes = 0x6fffffff;

    private readonly byte[] _bytes;
    private readonly List<Section> _sections;

    public ElfFile(byte[] bytes)
    {
        _bytes = bytes;
        RequireKind();
        _sections = [.. ReadSections()];
        if (_sections.Exists(section => section.Type == VersionDefinitions))
        {
            throw new InvalidDataException("it defines symbol versions of its own");
        }

        var symbols = Single(DynamicSymbols, "dynamic symbol table");
        Strings = SectionAt(symbols.Link);
        VersionTable = Single(VersionIndexes, "symbol version table");
        Symbols = [.. ReadSymbols(symbols)];
        Needs = [.. ReadNeeds(Single(VersionNeeds, "table of needed versions"))];
        DynamicNames = [.. ReadDynamicNames(Single(DynamicSection, "dynamic section"))];
    }

    /// <summary>Gets the string table of the dynamic symbols.</summary>
    public Section Strings { get; }

    /// <summary>Gets the table with the version index of each dynamic symbol, two bytes an entry.</summary>
    public Section VersionTable { get; }

    public IReadOnlyList<Symbol> Symbols { get; }

    public IReadOnlyList<NeededVersion> Needs { get; }

    /// <summary>Gets the offsets of all strings referenced by the dynamic section.</summary>
    public IReadOnlyList<uint> DynamicNames { get; }

    private void RequireKind()
    {
        var header = Slice(0, Math.Min(HeaderSize, _bytes.Length), "header");
        if (!header.StartsWith("\u007fELF"u8))
        {
            throw new InvalidDataException("it is not an ELF file");
        }

        if (header.Length < HeaderSize)
        {
            throw new InvalidDataException("it is truncated: the header is incomplete");
        }

        const byte bits64 = 2, littleEndian = 1;
        const ushort sharedLibrary = 3, x64 = 62;
        var (type, machine) = (
            BinaryPrimitives.ReadUInt16LittleEndian(header[16..]), BinaryPrimitives.ReadUInt16LittleEndian(header[18..]));
        if (header[4] != bits64 || header[5] != littleEndian || type != sharedLibrary || machine != x64)
        {
            throw new InvalidDataException("it is not a 64-bit little-endian shared library for x86-64");
        }
    }

    private IEnumerable<Section> ReadSections()
    {
        var (offset, size, count) = (ReadUInt64(0x28), ReadUInt16(0x3A), ReadUInt16(0x3C));
        if (size != SectionSize || count == 0)
        {
            throw new InvalidDataException("it has no section table");
        }

        var table = Checked(offset, (ulong)count * SectionSize, "section table");
        for (var place = table; place < table + (count * SectionSize); place += SectionSize)
        {
            const uint noBytes = 8;
            var type = ReadUInt32(place + 4);
            var (start, length) = (ReadUInt64(place + 0x18), ReadUInt64(place + 0x20));
            yield return type is noBytes or 0
                ? new Section(type, 0, 0, 0)
                : new Section(type, Checked(start, length, "section"), (int)length, ReadUInt32(place + 0x28));
        }
    }

    private IEnumerable<Symbol> ReadSymbols(Section table)
    {
        var count = table.Length / SymbolSize;
        if (VersionTable.Length / 2 < count)
        {
            throw new InvalidDataException("its symbol version table is shorter than its symbol table");
        }

        for (var index = 0; index < count; index++)
        {
            const int hidden = 0x8000;
            var place = table.Offset + (index * SymbolSize);
            var name = ReadUInt32(place);
            yield return new Symbol(
                index, name, Text(name), IsUndefined: ReadUInt16(place + 6) == 0,
                (ushort)(ReadUInt16(VersionTable.Offset + (2 * index)) & ~hidden));
        }
    }

    private IEnumerable<NeededVersion> ReadNeeds(Section table)
    {
        if (SectionAt(table.Link) != Strings)
        {
            throw new InvalidDataException("its version table uses other strings than its symbol table");
        }

        // Both links are relative and positive, and 0 ends a list, so the loop terminates.
        for (long file = 0, next = -1; next != 0; file += next)
        {
            var place = Within(table, file, NeedSize);
            var (count, fileName, version) = (ReadUInt16(place + 2), ReadUInt32(place + 4), file + ReadUInt32(place + 8));
            for (var number = 0; number < count; number++)
            {
                var entry = Within(table, version, NeedSize);
                var name = ReadUInt32(entry + 8);
                yield return new NeededVersion(entry, fileName, Text(fileName), ReadUInt32(entry), ReadUInt16(entry + 6), name, Text(name));
                var step = ReadUInt32(entry + 12);
                if (step == 0 && number < count - 1)
                {
                    throw new InvalidDataException("its table of needed versions is inconsistent");
                }

                version += step;
            }

            next = ReadUInt32(place + 12);
        }
    }

    private IEnumerable<uint> ReadDynamicNames(Section table)
    {
        for (var place = table.Offset; place + DynamicSize <= table.Offset + table.Length; place += DynamicSize)
        {
            // NEEDED, SONAME, RPATH, RUNPATH, CONFIG, DEPAUDIT, AUDIT, AUXILIARY, FILTER.
            if (ReadUInt64(place) is 1 or 14 or 15 or 29 or 0x6ffffefa or 0x6ffffefb or 0x6ffffefc or 0x7ffffffd or 0x7fffffff)
            {
                yield return (uint)ReadUInt64(place + 8);
            }
        }
    }

    private string Text(uint offset)
    {
        var rest = _bytes.AsSpan(Within(Strings, offset, 1), Strings.Length - (int)offset);
        var end = rest.IndexOf((byte)0);
        return end < 0 ? throw new InvalidDataException("a name in it is not terminated") : Encoding.UTF8.GetString(rest[..end]);
    }

    private Section Single(uint type, string what) =>
        _sections.FindAll(section => section.Type == type) is [var only]
            ? only
            : throw new InvalidDataException($"it does not have exactly one {what}");

    private Section SectionAt(uint index) =>
        index < _sections.Count ? _sections[(int)index] : throw new InvalidDataException("it refers to a section that does not exist");

    private ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, sizeof(ushort), "entry"));

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, sizeof(uint), "entry"));

    private ulong ReadUInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, sizeof(ulong), "entry"));

    private ReadOnlySpan<byte> Slice(int offset, int length, string what) =>
        _bytes.AsSpan(Checked((ulong)offset, (ulong)length, what), length);

    private static int Within(Section table, long offset, int length) =>
        offset + length <= table.Length
            ? table.Offset + (int)offset
            : throw new InvalidDataException("a table in it contains an offset outside of the table");

    private int Checked(ulong offset, ulong length, string what) =>
        offset <= (ulong)_bytes.Length && length <= (ulong)_bytes.Length - offset
            ? (int)offset
            : throw new InvalidDataException($"it is truncated: a {what} is beyond its end");

    /// <summary>A section of the file.</summary>
    /// <param name="Type">The section type.</param>
    /// <param name="Offset">The offset in the file.</param>
    /// <param name="Length">Its length in bytes.</param>
    /// <param name="Link">The index of the linked section.</param>
    internal readonly record struct Section(uint Type, int Offset, int Length, uint Link);

    /// <summary>A dynamic symbol.</summary>
    /// <param name="Index">The index in the table.</param>
    /// <param name="NameOffset">The offset of the name in the string table.</param>
    /// <param name="Name">The name.</param>
    /// <param name="IsUndefined">Whether the symbol must be defined by another library.</param>
    /// <param name="Version">The version index.</param>
    internal sealed record Symbol(int Index, uint NameOffset, string Name, bool IsUndefined, ushort Version);

    /// <summary>A version required of another library.</summary>
    /// <param name="Offset">The offset of the entry in the file: hash (4 bytes), flags (2), index (2), name (4), link (4).</param>
    /// <param name="FileNameOffset">The offset of the library name in the string table.</param>
    /// <param name="FileName">The name of the library.</param>
    /// <param name="Hash">The hash of the version name.</param>
    /// <param name="Index">The index used by symbols.</param>
    /// <param name="NameOffset">The offset of the version name in the string table.</param>
    /// <param name="Name">The version name.</param>
    internal sealed record NeededVersion(
        int Offset, uint FileNameOffset, string FileName, uint Hash, ushort Index, uint NameOffset, string Name);
}
