using Fulgurite.Cli;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class TorchSharpLibraryTests
{
    private const string New = SyntheticLibrary.NewSymbol;

    public static IEnumerable<object[]> Refused =>
    [
        ["a second symbol", new SyntheticLibrary { Symbols = [(New, "GLIBCXX_3.4.32"), ("_ZSt3new", "GLIBCXX_3.4.32")] }, "_ZSt3new"],
        ["another symbol", new SyntheticLibrary { Symbols = [("_ZSt3new", "GLIBCXX_3.4.32")] }, "_ZSt3new, and not only for"],
        ["no symbol", new SyntheticLibrary { Symbols = [("_ZSt4cout", "GLIBCXX_3.4")] }, "for no symbol"],
        ["a symbol that it defines", new SyntheticLibrary { Defines = true }, "and not only for"],
        [
            "a second new version",
            new SyntheticLibrary { Versions = ["GLIBCXX_3.4.30", "GLIBCXX_3.4.31", "GLIBCXX_3.4.32", "GLIBCXX_3.4"] },
            "GLIBCXX_3.4.31, GLIBCXX_3.4.32",
        ],
        [
            "a newer version",
            new SyntheticLibrary { Versions = ["GLIBCXX_3.4.30", "GLIBCXX_3.4.33", "GLIBCXX_3.4"], Symbols = [(New, "GLIBCXX_3.4.33")] },
            "GLIBCXX_3.4.33",
        ],
        [
            "a new version of the C++ ABI",
            new SyntheticLibrary { Versions = ["GLIBCXX_3.4.30", "GLIBCXX_3.4.32", "CXXABI_1.3.14", "GLIBCXX_3.4"] },
            "CXXABI_1.3.14",
        ],
        [
            "nothing of 3.4.30",
            new SyntheticLibrary { Versions = ["GLIBCXX_3.4.32", "GLIBCXX_3.4"], Symbols = [(New, "GLIBCXX_3.4.32")] },
            "GLIBCXX_3.4.30",
        ],
        [
            "nothing of 3.4",
            new SyntheticLibrary { Versions = ["GLIBCXX_3.4.32", "GLIBCXX_3.4.30"], Symbols = [(New, "GLIBCXX_3.4.32")] },
            "GLIBCXX_3.4 ",
        ],
        [
            "a symbol whose name ends the name",
            new SyntheticLibrary { Symbols = [(New, "GLIBCXX_3.4.32"), ("+_initv", "GLIBCXX_3.4")] },
            "part of another name",
        ],
        [
            "a symbol whose name the name ends",
            new SyntheticLibrary { Symbols = [($"x{New}", "GLIBCXX_3.4"), ($"+{New}", "GLIBCXX_3.4.32")] },
            "part of another name",
        ],
        ["a library whose name ends the name", new SyntheticLibrary { Libraries = ["+initv"] }, "part of another name"],
        ["versions of its own", new SyntheticLibrary { DefinesVersions = true }, "versions of its own"],
    ];

    public static IEnumerable<object[]> OtherFiles =>
    [
        ["empty", Array.Empty<byte>(), "not an ELF file"],
        ["text", "This is no library at all, but it is long enough for a header of ELF."u8.ToArray(), "not an ELF file"],
        ["the magic number alone", "\u007fELF"u8.ToArray(), "truncated"],
        ["32 bits", With(4, 1), "not a 64-bit"],
        ["big endian", With(5, 2), "not a 64-bit"],
        ["a program", With(16, 2), "not a 64-bit"],
        ["ARM", With(18, 183), "not a 64-bit"],
        ["no sections", With(0x3C, 0), "no section table"],
    ];

    [TestMethod]
    public void Parse_ExpectedLibrary_IsAdaptedOnceAndStaysSo()
    {
        var library = TorchSharpLibrary.Parse(new SyntheticLibrary().Build());
        var adapted = TorchSharpLibrary.Parse(library.Adapt());

        Assert.AreEqual(LibraryState.Adaptable, library.State);
        Assert.AreEqual(LibraryState.Adapted, adapted.State);
        Assert.Throws<InvalidOperationException>(adapted.Adapt);
    }

    [TestMethod]
    public void Adapt_Library_ChangesTheSymbolItsVersionAndTheNeedAlone()
    {
        var library = TorchSharpLibrary.Parse(new SyntheticLibrary().Build());
        var (before, after) = (new ElfFile(library.Bytes), new ElfFile(library.Adapt()));

        Assert.AreEqual(before.Symbols[2] with { Name = "_ZNSt8ios_base4InitC1Ev", Version = 5 }, after.Symbols[2]);
        Assert.AreEqual(
            before.Needs[1] with { Name = "GLIBCXX_3.4.30", Hash = before.Needs[0].Hash, NameOffset = before.Needs[0].NameOffset },
            after.Needs[1]);
        CollectionAssert.AreEqual(
            before.Symbols.Where(symbol => symbol.Index != 2).ToList(), after.Symbols.Where(symbol => symbol.Index != 2).ToList());
        CollectionAssert.AreEqual(
            before.Needs.Where((_, index) => index != 1).ToList(), after.Needs.Where((_, index) => index != 1).ToList());
    }

    [TestMethod]
    public void Parse_LibraryThatNeedsNothingNew_IsUnneeded() =>
        Assert.AreEqual(
            LibraryState.Unneeded,
            TorchSharpLibrary.Parse(
                new SyntheticLibrary { Versions = ["GLIBCXX_3.4.30", "GLIBCXX_3.4"], Symbols = [("_ZSt4cout", "GLIBCXX_3.4")] }
                    .Build()).State);

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void Parse_LibraryThatNeedsMore_IsRefusedWithTheReason(string name, object library, string reason) =>
        AssertRefused(((SyntheticLibrary)library).Build(), reason, name);

    [TestMethod]
    [DynamicData(nameof(OtherFiles))]
    public void Parse_OtherFile_IsRefusedWithTheReason(string name, byte[] file, string reason) => AssertRefused(file, reason, name);

    [TestMethod]
    public void Parse_EveryTruncation_IsRefused()
    {
        var whole = new SyntheticLibrary().Build();
        for (var length = 0; length < whole.Length; length++)
        {
            AssertRefused(whole[..length], string.Empty, $"{length} bytes");
        }
    }

    [TestMethod]
    public void Parse_EveryChangedByte_IsReadOrRefusedButNeverFails()
    {
        var whole = new SyntheticLibrary().Build();
        for (var offset = 0; offset < whole.Length; offset++)
        {
            foreach (var value in new byte[] { 0, 1, 0x7F, 0xFF })
            {
                var changed = (byte[])whole.Clone();
                changed[offset] = value;
                var library = TorchSharpLibrary.Parse(changed);
                Assert.AreEqual(library.State == LibraryState.Unexpected, library.Reason is not null, $"byte {offset}");
                if (library.State == LibraryState.Adaptable)
                {
                    Assert.HasCount(whole.Length, library.Adapt());
                }
            }
        }
    }

    [TestMethod]
    public void Adapt_LibraryOfThePackage_NeedsNothingNewAfterwards()
    {
        var library = TorchSharpLibrary.Read(TorchSharpPackage.Library);
        var adapted = library.Adapt();

        Assert.AreEqual(LibraryState.Adaptable, library.State, library.Reason);
        Assert.AreEqual(LibraryState.Adapted, TorchSharpLibrary.Parse(adapted).State);
        Assert.HasCount(library.Bytes.Length, adapted);
        // 28 of the name, 2 of its version, 8 of the need
        Assert.IsLessThanOrEqualTo(38, library.Bytes.Zip(adapted).Count(pair => pair.First != pair.Second));
    }

    [TestMethod]
    [DataRow(64)]
    [DataRow(100_000)]
    [DataRow(2_000_000)]
    public void Parse_LibraryOfThePackageTruncated_IsRefused(int length) =>
        AssertRefused(File.ReadAllBytes(TorchSharpPackage.Library)[..length], "truncated", "package");

    [TestMethod]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Read_OtherLibraryOfTheFolder_IsRefused() =>
        AssertRefused(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libc10.so")), "versions of its own", "libc10");

    private static byte[] With(int offset, byte value)
    {
        var library = new SyntheticLibrary().Build();
        library[offset] = value;
        return library;
    }

    private static void AssertRefused(byte[] bytes, string reason, string name)
    {
        var library = TorchSharpLibrary.Parse(bytes);

        Assert.AreEqual(LibraryState.Unexpected, library.State, name);
        Assert.Contains(reason, library.Reason!, name);
        Assert.Throws<InvalidOperationException>(library.Adapt);
    }
}
