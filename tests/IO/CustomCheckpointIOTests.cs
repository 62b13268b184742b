namespace Fulgurite.Tests.IO;

/// <summary>Delegates that are left out, or that return nothing.</summary>
[TestClass]
public sealed class CustomCheckpointIOTests(TestContext context)
{
    [TestMethod]
    public async Task Calls_DelegateReturnsNull_NamesTheDelegate()
    {
        await using var io = new CustomCheckpointIO(
            (_, _, _, _) => None<Task>(), (_, _, _) => None<Task<TrainingState>>(), (_, _) => None<Task>(), (_, _) => None<Task<bool>>(),
            (_, _) => None<IAsyncEnumerable<CheckpointEntry>>());
        using var state = new TrainingState();
        var token = context.CancellationToken;

        await RefusesAsync("save", () => io.SaveCheckpointAsync(state, "a", null, token));
        await RefusesAsync("load", () => io.LoadCheckpointAsync("a", null, token));
        await RefusesAsync("remove", () => io.RemoveCheckpointAsync("a", token));
        await RefusesAsync("exists", () => io.ExistsAsync("a", token));
        await RefusesAsync("list", () =>
        {
            io.ListFilesAsync("a", token);
            return Task.CompletedTask;
        });
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Exists_NoDelegateForIt_LoadsTheFile(bool exists)
    {
        await using var io = new CustomCheckpointIO(
            (_, _, _, _) => Task.CompletedTask,
            (path, _, _) => exists ? Task.FromResult(new TrainingState()) : throw new CheckpointNotFoundException(path),
            (_, _) => Task.CompletedTask);

        Assert.AreEqual(exists, await io.ExistsAsync("a", context.CancellationToken));
        Assert.IsEmpty(io.ListFilesAsync("a", context.CancellationToken).ToBlockingEnumerable(context.CancellationToken));
    }

    [TestMethod]
    public async Task Calls_Delegates_GetTheArguments()
    {
        var calls = new List<string>();
        await using var io = new CustomCheckpointIO(
            (_, path, _, _) => Note($"save {path}", Task.CompletedTask),
            (path, _, _) => Note($"load {path}", Task.FromResult(new TrainingState())),
            (path, _) => Note($"remove {path}", Task.CompletedTask),
            (path, _) => Note($"exists {path}", Task.FromResult(true)),
            (path, _) => Note($"list {path}", One(path)));
        using var state = new TrainingState();
        var token = context.CancellationToken;

        await io.SaveCheckpointAsync(state, "a", null, token);
        (await io.LoadCheckpointAsync("b", null, token)).Dispose();
        await io.RemoveCheckpointAsync("c", token);
        Assert.IsTrue(await io.ExistsAsync("d", token));
        Assert.AreEqual("e/file", io.ListFilesAsync("e", token).ToBlockingEnumerable(token).Single().Path);

        Assert.AreSequenceEqual(["save a", "load b", "remove c", "exists d", "list e"], calls);

        T Note<T>(string call, T result)
        {
            calls.Add(call);
            return result;
        }

        static async IAsyncEnumerable<CheckpointEntry> One(string directory)
        {
            await Task.CompletedTask;
            yield return new CheckpointEntry($"{directory}/file", 1, null);
        }
    }

    private static T None<T>()
        where T : class => null!;

    private static async Task RefusesAsync(string name, Func<Task> call)
    {
        var error = await Assert.ThrowsExactlyAsync<InvalidOperationException>(call);
        Assert.Contains($"The {name} delegate of a CustomCheckpointIO returned null", error.Message);
    }
}
