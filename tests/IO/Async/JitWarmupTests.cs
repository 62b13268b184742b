namespace Fulgurite.Tests.IO.Async;

/// <summary>The saves that compile the code of a save in advance.</summary>
[TestClass]
public sealed class JitWarmupTests
{
    [TestMethod]
    public async Task Run_WriterStillReads_KeepsTheTensorsUntilItHasEnded()
    {
        var io = new ReadingAtTheEnd();

        await JitWarmup.RunAsync(_ => io);

        Assert.AreEqual(2, io.Read);
    }

    /// <summary>Reads the tensors of its last save when it is disposed.</summary>
    private sealed class ReadingAtTheEnd : CheckpointIO
    {
        private List<TensorData> _tensors = [];

        public int Read { get; private set; }

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            _tensors = [.. checkpoint.Tensors().Select(entry => entry.Value)];
            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            Read = _tensors.Count(tensor => tensor.Address != 0);
        }
    }
}
