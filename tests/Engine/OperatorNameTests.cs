using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Engine;

/// <summary>The stand-in names operators in text; a name that libtorch does not have must not wait for its first caller.</summary>
[TestClass]
public sealed partial class OperatorNameTests
{
    [TestMethod]
    public void Names_InTheStandIn_AreOperatorsOfThisLibtorch()
    {
        var bridge = Path.Combine(AppContext.BaseDirectory, "libfulgurite_torch.so");
        if (!File.Exists(bridge))
        {
            Assert.Inconclusive("Another engine is in use.");
        }

        var find = Marshal.GetDelegateForFunctionPointer<FindOperator>(NativeLibrary.GetExport(NativeLibrary.Load(bridge), "fg_find_op"));
        var names = Directory.EnumerateFiles(Path.Combine(Root(), "compat", "TorchSharp"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => OperatorCall().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        Assert.IsGreaterThan(500, names.Length, "The pattern no longer finds the calls.");
        var missing = names.Where(name =>
        {
            var parts = name.Split('.', 2);
            return find("aten::" + parts[0], parts.Length > 1 ? parts[1] : "") == 0;
        });
        Assert.AreEqual("", string.Join(", ", missing));
    }

    /// <summary>The folder of the solution; the compiler's own idea of it is not kept in builds that are the same everywhere.</summary>
    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"Framework.sln is in no folder above {AppContext.BaseDirectory}.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("(?:Call|Call2|Call3|CallList|CallBool|CallInt|InPlace|Then|Do|Make)\\(\\s*(?:\\w+,\\s*)?\"(?<name>[a-zA-Z_0-9.]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OperatorCall();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl, CharSet = CharSet.Ansi)]
    private delegate nint FindOperator(string name, string overload);
}
