using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Fulgurite.Cli;

/// <summary>
/// TorchSharp's native library and its libstdc++ requirement. As shipped in TorchSharp 0.107, it requires <c>GLIBCXX_3.4.32</c> (GCC 13)
/// for a single symbol, <c>std::ios_base_library_init()</c>, so it does not load on Debian 12 and Ubuntu 22.04. The constructor
/// <c>std::ios_base::Init::Init()</c> does the same work in every version and ignores <c>this</c>, so a copy that refers to it instead
/// loads with GCC 12 and later.
/// </summary>
internal sealed class TorchSharpLibrary
{
    /// <summary>The name of the file on Linux.</summary>
    public const string FileName = "libLibTorchSharp.so";

    /// <summary>The libstdc++ version that older systems lack.</summary>
    public const string NewVersion = "GLIBCXX_3.4.32";

    /// <summary>The symbol introduced with <see cref="NewVersion"/>.</summary>
    public const string NewSymbol = "_ZSt21ios_base_library_initv";

    private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const string OldVersion = "GLIBCXX_3.4";
    private const string NewestVersion = "GLIBCXX_3.4.30";
    private const string Runtime = "libstdc++.so.6";

    // The newest versions in GCC 12, by family; other names have no number and are older.
    private static readonly (
        string Family, Version Newest)[] Families = [("GLIBCXX_", new Version(3, 4, 30)), ("CXXABI_", new Version(1, 3, 13))];

    private readonly Change? _change;

    private TorchSharpLibrary(byte[] bytes, LibraryState state, string? reason = null, Change? change = null)
    {
        (Bytes, State, Reason, _change) = (bytes, state, reason, change);
    }

    /// <summary>Gets the bytes of the library.</summary>
    public byte[] Bytes { get; }

    public LibraryState State { get; }

    /// <summary>Gets the reason why the library is <see cref="LibraryState.Unexpected"/>; otherwise, null.</summary>
    public string? Reason { get; }

    /// <summary>Reads the library at a path.</summary>
    public static TorchSharpLibrary Read(string path) => Parse(File.ReadAllBytes(path));

    /// <summary>Examines the bytes of a library.</summary>
    public static TorchSharpLibrary Parse(byte[] bytes)
    {
        try
        {
            return Examine(bytes, new ElfFile(bytes));
        }
        catch (InvalidDataException exception)
        {
            return new TorchSharpLibrary(bytes, LibraryState.Unexpected, exception.Message);
        }
    }

    /// <summary>Returns a copy of equal length for older versions of libstdc++.</summary>
    /// <exception cref="InvalidOperationException">The library is not <see cref="LibraryState.Adaptable"/>.</exception>
    public byte[] Adapt()
    {
        var change = _change ?? throw new InvalidOperationException(
            $"The library is {State}; only one that is {nameof(LibraryState.Adaptable)} is adapted.");
        var adapted = (byte[])Bytes.Clone();
        var name = adapted.AsSpan(change.NameOffset, NewSymbol.Length);
        name.Clear();
        Encoding.ASCII.GetBytes(OldSymbol, name);
        BinaryPrimitives.WriteUInt16LittleEndian(adapted.AsSpan(change.SymbolVersionOffset), change.OldVersion.Index);
        var need = adapted.AsSpan(change.New.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(need, change.Newest.Hash);
        BinaryPrimitives.WriteUInt32LittleEndian(need[8..], change.Newest.NameOffset);
        return adapted;
    }

    private static TorchSharpLibrary Examine(byte[] bytes, ElfFile elf)
    {
        var needs = elf.Needs.Where(need => need.FileName == Runtime).ToList();
        var newer = needs.FindAll(IsNewer);
        if (newer.Count == 0)
        {
            // The original lists each version once; a changed entry is a duplicate.
            var isAdapted = needs.Count(need => need.Name == NewestVersion) == 2
                && elf.Symbols.Any(symbol => symbol is { Name: OldSymbol, IsUndefined: true });
            return new TorchSharpLibrary(bytes, isAdapted ? LibraryState.Adapted : LibraryState.Unneeded);
        }

        if (newer is not [{ Name: NewVersion } version])
        {
            throw new InvalidDataException(
                $"it needs {string.Join(", ", newer.Select(need => need.Name))} of libstdc++, and not only {NewVersion}");
        }

        var symbols = elf.Symbols.Where(symbol => symbol.Version == version.Index).ToList();
        if (symbols is not [{ Name: NewSymbol, IsUndefined: true } symbol])
        {
            throw new InvalidDataException(
                $"it needs {NewVersion} for "
                    + $"{(symbols.Count == 0 ? "no symbol" : string.Join(", ", symbols.Select(symbol => symbol.Name)))}, "
                    + $"and not only for {NewSymbol}");
        }

        RequireOwnName(bytes, elf, symbol);
        return new TorchSharpLibrary(bytes, LibraryState.Adaptable, change: new Change(
            elf.Strings.Offset + (int)symbol.NameOffset,
            elf.VersionTable.Offset + (2 * symbol.Index),
            version,
            Single(needs, OldVersion),
            Single(needs, NewestVersion)));
    }

    private static bool IsNewer(ElfFile.NeededVersion need) => Array.Exists(
        Families,
        family => need.Name.StartsWith(family.Family, StringComparison.Ordinal) && Version
            .TryParse(need.Name.AsSpan(family.Family.Length), out var version) && version > family.Newest);

    private static ElfFile.NeededVersion Single(List<ElfFile.NeededVersion> needs, string name) =>
        needs.FindAll(need => need.Name == name) is [var only]
            ? only
            : throw new InvalidDataException($"it does not need {name} of libstdc++ exactly once");

    // Linkers merge strings and their suffixes: a name in use by others must not change.
    private static void RequireOwnName(byte[] bytes, ElfFile elf, ElfFile.Symbol symbol)
    {
        var (start, end) = (symbol.NameOffset, symbol.NameOffset + NewSymbol.Length);
        var others = elf.Symbols.Where(other => other != symbol).Select(other => other.NameOffset)
            .Concat(elf.Needs.SelectMany(need => new[] { need.NameOffset, need.FileNameOffset }))
            .Concat(elf.DynamicNames);
        if (start == 0 || bytes[elf.Strings.Offset + start - 1] != 0 || others.Any(other => other >= start && other < end))
        {
            throw new InvalidDataException($"the name {NewSymbol} in it is part of another name");
        }
    }

    private sealed record Change(
        int NameOffset, int SymbolVersionOffset, ElfFile.NeededVersion New, ElfFile.NeededVersion OldVersion, ElfFile.NeededVersion Newest);
}

/// <summary>The libstdc++ requirement of a library.</summary>
internal enum LibraryState
{
    /// <summary>The library works with GCC 12.</summary>
    Unneeded,

    /// <summary>The library works with GCC 12 because it was adapted.</summary>
    Adapted,

    /// <summary>The library needs one symbol of GCC 13 and can be adapted.</summary>
    Adaptable,

    /// <summary>The library has other or unknown requirements and is not changed.</summary>
    Unexpected,
}

/// <summary>
/// Replaces a library by writing a new file and renaming it. The old file is never modified: it may have hard links in the NuGet cache, and
/// processes may have it loaded. Concurrent runs write separate files, and the last rename wins.
/// </summary>
internal static class LibraryFile
{
    /// <summary>
    /// Replaces the library at a path. Mode and time are preserved, so that MSBuild does not copy the original over it again.
    /// </summary>
    public static void Replace(string path, byte[] bytes) => Write(path, bytes, path, Target(path).LastWriteTimeUtc);

    /// <summary>Writes a library with the mode of another file.</summary>
    public static void Write(
        string path, byte[] bytes, string modeOf, DateTime? time = null, UnixFileMode more = UnixFileMode.None)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, Target(modeOf).UnixFileMode | more);
            }

            if (time is not null)
            {
                File.SetLastWriteTimeUtc(temporary, time.Value);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static FileInfo Target(string path) =>
        new FileInfo(path) is var file && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : file;
}

/// <summary>The libstdc++ found by the system loader.</summary>
/// <param name="IsThere">Whether it exists: systems other than Linux, and some Linux distributions, use another C++ library.</param>
/// <param name="IsCurrent">Whether it is from GCC 13 or later, so that TorchSharp's library needs no change.</param>
internal sealed record SystemLibstdcxx(bool IsThere, bool IsCurrent)
{
    /// <summary>Gets a value indicating whether it is too old for TorchSharp's library.</summary>
    public bool IsOlder => IsThere && !IsCurrent;

    /// <summary>Queries the system loader.</summary>
    public static SystemLibstdcxx Find()
    {
        nint library = 0;
        var isThere = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libstdc++.so.6", out library);
        return new SystemLibstdcxx(isThere, isThere && NativeLibrary.TryGetExport(library, TorchSharpLibrary.NewSymbol, out _));
    }
}
