using System.Text;

namespace Fulgurite.Tests.Cli;

/// <summary>
/// A shared library of a few hundred bytes that has only what a loader resolves names with: symbols, their versions, and strings.
/// </summary>
internal sealed class SyntheticLibrary
{
    public const string NewSymbol = "_ZSt21ios_base_library_initv";

    private const string Runtime = "libstdc++.so.6";

    private readonly List<byte> _strings = [0];

    /// <summary>Gets or sets the versions of libstdc++ that it needs; the index of the first is 2.</summary>
    public string[] Versions { get; init; } = ["GLIBCXX_3.4.30", "GLIBCXX_3.4.32", "CXXABI_1.3.13", "GLIBCXX_3.4"];

    /// <summary>
    /// Gets or sets the symbols with their versions. A name that begins with + is the end of the first name that ends so.
    /// </summary>
    public (string Name, string Version)[] Symbols { get; init; } =
        [("_ZSt4cout", "GLIBCXX_3.4"), (NewSymbol, "GLIBCXX_3.4.32"), ("_ZSt3zap", "GLIBCXX_3.4.30")];

    /// <summary>Gets or sets the libraries that the dynamic section names, likewise.</summary>
    public string[] Libraries { get; init; } = [Runtime];

    /// <summary>Gets or sets whether the library defines its symbols.</summary>
    public bool Defines { get; init; }

    /// <summary>Gets or sets whether the library has a section of versions that it defines.</summary>
    public bool DefinesVersions { get; init; }

    public byte[] Build()
    {
        var names = Symbols.Select(symbol => Add(symbol.Name)).ToList();
        var runtime = Add(Runtime);
        var versionNames = Versions.Select(Add).ToList();
        var libraries = Libraries.Select(Add).ToList();
        List<byte[]> sections =
        [
            [.. _strings],
            [.. new byte[24], .. names.SelectMany(name => Bytes(name, (byte)0x12, (byte)0, (ushort)(Defines ? 5 : 0), 0UL, 0UL))],
            Bytes([(ushort)0, .. Symbols.Select(symbol => (object)(ushort)(2 + Array.IndexOf(Versions, symbol.Version)))]),
            [.. Bytes((ushort)1, (ushort)Versions.Length, runtime, 16U, 0U), .. versionNames.SelectMany((name, index) =>
                Bytes(0x1000U + (uint)index, (ushort)0, (ushort)(2 + index), name, index == Versions.Length - 1 ? 0U : 16U))],
            [.. libraries.SelectMany(name => Bytes(1UL, (ulong)name)), .. new byte[16]],
            new byte[DefinesVersions ? 20 : 0],
        ];

        uint[] types = [3, 11, 0x6fffffff, 0x6ffffffe, 6, DefinesVersions ? 0x6ffffffdU : 1U];
        uint[] links = [0, 1, 2, 1, 1, 1];
        var offset = 64UL;
        List<byte> body = [], table = [.. new byte[64]];
        foreach (var (section, index) in sections.Select((section, index) => (section, index)))
        {
            table.AddRange(Bytes(0U, types[index], 2UL, 0UL, offset, (ulong)section.Length, links[index], 0U, 8UL, 0UL));
            body.AddRange(section);
            offset += (ulong)section.Length;
        }

        return
        [
            .. "\u007fELF"u8,
            2,
            1,
            1,
            .. new byte[9],
            .. Bytes(
                (ushort)3, (ushort)62, 1U, 0UL, 0UL, offset, 0U, (ushort)64, (ushort)0, (ushort)0, (ushort)64, (ushort)(sections.Count + 1),
                (ushort)0),
            .. body,
            .. table,
        ];
    }

    private uint Add(string name)
    {
        if (name.StartsWith('+'))
        {
            return (uint)Encoding.ASCII.GetString([.. _strings]).IndexOf(name[1..] + '\0', StringComparison.Ordinal);
        }

        var place = (uint)_strings.Count;
        _strings.AddRange([.. Encoding.ASCII.GetBytes(name), 0]);
        return place;
    }

    private static byte[] Bytes(params object[] values) => [.. values.SelectMany(value => value switch
    {
        byte number => [number],
        ushort number => BitConverter.GetBytes(number),
        uint number => BitConverter.GetBytes(number),
        _ => BitConverter.GetBytes((ulong)value),
    })];
}
