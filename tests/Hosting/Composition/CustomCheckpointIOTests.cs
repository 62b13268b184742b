namespace Fulgurite.Tests.Hosting.Composition;

[TestClass]
public sealed class CustomCheckpointIOTests(TestContext context)
{
    [TestMethod]
    public async Task Delegates_AreCalledWithWhatIsAsked()
    {
        List<string> calls = [];
        using var loaded = new TrainingState();
        var options = new LoadOptions();
        var io = new CustomCheckpointIO(
            (_, path, save, _) => Done($"save {path} {save?.Storage?.GetType().Name ?? "plain"}"),
            (path, given, _) =>
            {
                calls.Add($"load {path} {ReferenceEquals(options, given)}");
                return Task.FromResult(loaded);
            },
            (path, _) => Done($"remove {path}"),
            (path, _) =>
            {
                calls.Add($"exists {path}");
                return Task.FromResult(true);
            });
        using var state = new TrainingState();

        var operation = io.Submit(state, "a", new SaveOptions { Storage = new Tags() });
        Assert.AreSame(loaded, await io.LoadCheckpointAsync("a", options, context.CancellationToken));
        Assert.IsTrue(await io.ExistsAsync("a", context.CancellationToken));
        await io.RemoveCheckpointAsync("a", context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        Assert.AreSequenceEqual(["save a Tags", "load a True", "exists a", "remove a"], calls);

        Task Done(string call)
        {
            calls.Add(call);
            return Task.CompletedTask;
        }
    }

    [TestMethod]
    public async Task ExistsAsync_WithoutDelegate_TriesToLoad()
    {
        var io = new CustomCheckpointIO(
            (_, _, _, _) => Task.CompletedTask,
            (path, _, _) => path switch
            {
                "there" => Task.FromResult(new TrainingState()),
                "damaged" => throw new CheckpointCorruptException("It is cut off.", path),
                "remote" => throw new CheckpointException("The server does not answer.", path),
                _ => throw new CheckpointNotFoundException(path),
            },
            (_, _) => Task.CompletedTask);

        Assert.IsTrue(await io.ExistsAsync("there", context.CancellationToken));
        Assert.IsTrue(await io.ExistsAsync("damaged", context.CancellationToken));
        Assert.IsFalse(await io.ExistsAsync("nowhere", context.CancellationToken));
        await Assert.ThrowsExactlyAsync<CheckpointException>(() => io.ExistsAsync("remote", context.CancellationToken));
        Assert.IsFalse(await io.ListFilesAsync("folder", context.CancellationToken).AnyAsync(context.CancellationToken));
    }

    [TestMethod]
    public void Submit_DelegateThatThrows_FailsTheTicket()
    {
        using var state = new TrainingState();

        var operation = Failing(_ => throw new IOException("No room.")).Submit(state, "a", options: null);

        Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
        Assert.Contains("No room.", operation.Failure!.Message);
    }

    [TestMethod]
    public void Submit_DelegateThatReturnsNull_FailsTheTicketAndSaysWhy()
    {
        using var state = new TrainingState();

        Task? nothing = null;
        var operation = Failing(_ => nothing!).Submit(state, "a", options: null);

        Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
        Assert.Contains("The save delegate of a CustomCheckpointIO returned null instead of a task.", operation.Failure!.Message);
    }

    private static CustomCheckpointIO Failing(Func<string, Task> save) => new(
        (_, path, _, _) => save(path),
        (path, _, _) => Task.FromException<TrainingState>(new CheckpointNotFoundException(path)),
        (_, _) => Task.CompletedTask);

    private sealed class Tags : StorageOptions;
}
