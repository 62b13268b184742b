using Fulgurite.State;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/file-formats.md.</summary>
[TestClass]
public sealed class FileSnippets
{
    [TestMethod]
    public async Task File_LoadedWithOnly_ContainsThatPart()
    {
        using var folder = new TemporaryDirectory();
        Directory.SetCurrentDirectory(folder.Path);
        using var state = new TrainingState { Root = { ["state_dict"] = new StateMap { ["a"] = 1 }, ["epoch"] = 2 } };

        await using var io = new TorchCheckpointIO();
        await io.SaveCheckpointAsync(state, "last.ckpt", null, default);
        using var loaded = await io.LoadCheckpointAsync("last.ckpt", new LoadOptions { Only = ["state_dict"] }, default);

        Directory.SetCurrentDirectory(AppContext.BaseDirectory);
        Assert.AreEqual(1, loaded["state_dict"].AsMap()["a"].AsInteger());
        Assert.IsFalse(loaded.Root.ContainsKey("epoch"));
    }
}
