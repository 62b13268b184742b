using System.Diagnostics;
using Fulgurite.Tests.Storage.Stores;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Tests.Storage;

/// <summary>Fits whose checkpoints are at a URL, composed from a configuration.</summary>
[TestClass]
public sealed class StoreTrainingTests
{
    [TestMethod]
    [DataRow("moto", "torch", false)]
    [DataRow("moto", "sharded", true)]
    [DataRow("moto", "incremental", false)]
    [DataRow("s3rver", "safetensors", true)]
    [DataRow("azurite", "torch", true)]
    [DataRow("azurite", "sharded", false)]
    [DataRow("azurite", "incremental", true)]
    public async Task Fit_ResumeIfPossible_ContinuesFromTheStoreWithTheSameBits(string kind, string format, bool inDirPath)
    {
        using var store = new TestStore(kind);
        using var other = new TestStore(kind);
        string[] layers = [format, "async"];
        await using var whole = new StoreTraining(kind, other.Proxy.Url, other.Folder, layers, epochs: 4, inDirPath);
        whole.Fit();
        Assert.IsNull(whole.ResumedFrom);

        await using (var first = new StoreTraining(kind, store.Proxy.Url, store.Folder, layers, epochs: 2, inDirPath))
        {
            Assert.AreEqual(2 * StoreTraining.StepsPerEpoch, first.Fit().GlobalStep);
            Assert.IsNull(first.ResumedFrom);
            Assert.AreNotEqual(whole.Weights, first.Weights);
        }

        await using var second = new StoreTraining(kind, store.Proxy.Url, store.Folder, layers, epochs: 4, inDirPath);
        Assert.AreEqual(4 * StoreTraining.StepsPerEpoch, second.Fit().GlobalStep);
        AssertNewest(store.Folder + (inDirPath ? string.Empty : "/checkpoints"), "epoch=1-step=8", second.ResumedFrom);
        Assert.AreEqual(whole.Weights, second.Weights);
    }

    [TestMethod]
    [DataRow("moto", "torch")]
    [DataRow("moto", "sharded")]
    [DataRow("azurite", "torch")]
    [DataRow("azurite", "sharded")]
    public async Task Fit_InAProcessThatIsKilled_TheNextProcessContinues(string kind, string format)
    {
        using var store = new TestStore(kind);
        await using var whole = new StoreTraining(kind, store.Proxy.Url, $"{store.Folder}/whole", [format, "async"], epochs: 3);
        whole.Fit();
        using (var killed = Start(kind, store, format, "3", "6"))
        {
            Assert.AreEqual("stuck", await killed.StandardOutput.ReadLineAsync());
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        using var next = Start(kind, store, format, "3");
        var output = await next.StandardOutput.ReadToEndAsync();
        await next.WaitForExitAsync();
        AssertNewest($"resumed {store.Folder}/checkpoints", "epoch=0-step=4", output.Split('\n')[0]);
        Assert.Contains($"ended {3 * StoreTraining.StepsPerEpoch} {whole.Weights}", output);
    }

    [TestMethod]
    [DataRow("torch")]
    [DataRow("sharded")]
    public async Task Fit_TheStoreHoldsOtherBytes_TheLogSaysThatTheCheckpointIsInPlaceAndDamaged(string format)
    {
        using var store = new TestStore("moto");
        var logger = new CollectingLogger(LogLevel.Warning);
        await using var training = new StoreTraining(
            "moto", store.Proxy.Url, store.Folder, [format, "async"], epochs: 1, logger: logger);
        var committed = format == "torch" ? "last.ckpt" : "index.json";
        store.Proxy.Restart((_, request) =>
            request.StartsWith("HEAD", StringComparison.Ordinal) && request.Contains(committed, StringComparison.Ordinal)
                ? Fault.WrongStoredChecksum
                : Fault.None);
        Assert.AreEqual(FitStatus.Completed, training.Fit().Status);

        var errors = logger.Entries.Where(entry => entry.Level == LogLevel.Error).Select(entry => entry.Message).ToList();
        Assert.IsGreaterThan(0, errors.Count);
        foreach (var error in errors)
        {
            Assert.StartsWith($"Checkpoint {store.Folder}/checkpoints/", error);
            Assert.Contains(" is in place but may be damaged", error);
        }
    }

    // Two names hold the newest state; whichever was written in a later second is the newer one.
    private static void AssertNewest(string folder, string name, string? resumedFrom)
    {
        Assert.StartsWith(folder + "/", resumedFrom);
        Assert.Contains(Path.GetFileNameWithoutExtension(resumedFrom[(folder.Length + 1)..]), ["last", name]);
    }

    private static Process Start(string kind, TestStore store, params string[] arguments) => Process.Start(
        new ProcessStartInfo(
            "dotnet", [typeof(StoreTraining).Assembly.Location, kind, store.Proxy.Url.AbsoluteUri, store.Folder, .. arguments])
        { UseShellExecute = false, RedirectStandardOutput = true })!;
}
