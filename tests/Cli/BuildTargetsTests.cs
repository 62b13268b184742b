using System.Diagnostics;
using System.Reflection;
using System.Runtime.Versioning;
using System.Text.Json;
using Fulgurite.Cli;

namespace Fulgurite.Tests.Cli;

/// <summary>What the package does to TorchSharp's library in the build of a program that references it.</summary>
[TestClass]
[SupportedOSPlatform("linux")]
[OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
public sealed class BuildTargetsTests(TestContext context)
{
    private static readonly string[] Tools = ["LibraryAdapter.dll", "LibraryAdapter.runtimeconfig.json"];

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Build_OlderSystem_GetsAnAdaptedCopyThatCanBeReplaced()
    {
        using var directory = new TemporaryDirectory();
        var original = WritePackage(directory, Tools);
        File.SetUnixFileMode(original, UnixFileMode.UserRead);

        var library = await BuildAsync(directory);

        if (!SystemLibstdcxx.Find().IsOlder)
        {
            Assert.AreEqual(original, library);
            Assert.IsFalse(Directory.Exists(directory["obj"]), "a copy of the original would be used on an older system, too");
            return;
        }

        Assert.AreNotEqual(original, library);
        Assert.AreEqual(LibraryState.Adapted, TorchSharpLibrary.Read(library).State);
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(library));
        Assert.AreEqual(library, await BuildAsync(directory), "the second build uses it, too");
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Build_LibraryNeedsNoChange_LeavesNoCopyOfTheOriginal()
    {
        using var directory = new TemporaryDirectory();
        var original = WritePackage(directory, Tools);
        File.WriteAllBytes(original, TorchSharpLibrary.Read(TorchSharpPackage.Library).Adapt());

        Assert.AreEqual(original, await BuildAsync(directory));
        Assert.IsFalse(Directory.Exists(directory["obj"]));
    }

    [TestMethod]
    [DataRow("libstdc++.so.6.0.33", true)]
    [DataRow("libstdc++.so.6.0.30", false)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Build_LibraryOfGcc14IsInItsFolder_DoesNotRunTheTool(string file, bool isNew)
    {
        using var directory = new TemporaryDirectory();
        var original = WritePackage(directory, Tools);
        File.WriteAllText(Path.Combine(directory["lib"], file), string.Empty);

        Assert.AreEqual(isNew || !SystemLibstdcxx.Find().IsOlder, await BuildAsync(directory) == original);
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Build_ToolCannotRun_SucceedsWithTheOriginal()
    {
        using var directory = new TemporaryDirectory();
        var original = WritePackage(directory, tools: []);

        Assert.AreEqual(original, await BuildAsync(directory));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Build_SwitchedOff_UsesTheOriginal()
    {
        using var directory = new TemporaryDirectory();
        var original = WritePackage(directory, Tools);

        Assert.AreEqual(original, await BuildAsync(directory, "-p:FulguriteAdaptsTorchSharp=false"));
        Assert.IsFalse(Directory.Exists(directory["obj"]));
    }

    /// <summary>A build machine may have the .NET of a later SDK only.</summary>
    [TestMethod]
    public void Tool_LaterRuntimeOnly_Runs()
    {
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FolderOf("LibraryAdapter"), Tools[1])));

        Assert.AreEqual("Major", settings.RootElement.GetProperty("runtimeOptions").GetProperty("rollForward").GetString());
    }

    /// <summary>
    /// Writes the part of the package that a build uses, and a project with TorchSharp's library. The folder "lib" is that of the system.
    /// </summary>
    /// <returns>The path of the library.</returns>
    private static string WritePackage(TemporaryDirectory directory, string[] tools)
    {
        const string Targets = "Fulgurite.Core.targets";
        var original = directory[TorchSharpLibrary.FileName];
        File.Copy(TorchSharpPackage.Library, original);
        Directory.CreateDirectory(directory["buildTransitive"]);
        Directory.CreateDirectory(directory["lib"]);
        File.WriteAllText(
            Path.Combine(directory["buildTransitive"], Targets),
            File.ReadAllText(Path.Combine(FolderOf("BuildTargets"), Targets))
                .Replace("/usr/lib64", directory["lib"], StringComparison.Ordinal)
                .Replace("/usr/lib/x86_64-linux-gnu", directory["lib"], StringComparison.Ordinal));
        Directory.CreateDirectory(directory["tools"]);
        foreach (var tool in tools)
        {
            File.Copy(Path.Combine(FolderOf("LibraryAdapter"), tool), Path.Combine(directory["tools"], tool));
        }

        File.WriteAllText(directory["program.proj"], $"""
            <Project>
              <PropertyGroup>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
              </PropertyGroup>
              <Target Name="ResolvePackageAssets">
                <ItemGroup>
                  <NativeCopyLocalItems Include="{original}" NuGetPackageVersion="1.2.3" />
                </ItemGroup>
              </Target>
              <Import Project="buildTransitive/{Targets}" />
            </Project>
            """);
        return original;
    }

    /// <returns>The path of the library that the build copies to the output.</returns>
    private async Task<string> BuildAsync(TemporaryDirectory directory, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            ["msbuild", directory["program.proj"], "-t:ResolvePackageAssets", "-getItem:NativeCopyLocalItems", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var text = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);
        Assert.AreEqual(0, process.ExitCode, text);
        using var result = JsonDocument.Parse(text);
        var items = result.RootElement.GetProperty("Items").GetProperty("NativeCopyLocalItems");
        Assert.AreEqual(1, items.GetArrayLength(), text);
        return items[0].GetProperty("FullPath").GetString()!;
    }

    private static string FolderOf(string key) => typeof(BuildTargetsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
