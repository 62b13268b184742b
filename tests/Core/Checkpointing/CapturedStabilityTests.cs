namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>
/// Until when the tensors of a captured state may be copied: a buffer that is taken for a parameter would be saved as it is later.
/// </summary>
[TestClass]
public sealed class CapturedStabilityTests
{
    [TestMethod]
    public void Save_ModuleWithBuffersAndFrozenParameters_TellsThemApart()
    {
        var io = new StabilityIO();
        using var strategy = new SingleDeviceStrategy(io);
        using var module = new SmallModule();
        foreach (var (name, parameter) in module.named_parameters())
        {
            parameter.requires_grad = !name.StartsWith("_first", StringComparison.Ordinal);
        }

        new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [new SavingCheckpoint { AtBatchEnd = _ => true }])
            .Fit(module, new SmallData(2));

        Assert.AreEqual(TensorStability.Frozen, io["_first.weight"]);
        Assert.AreEqual(TensorStability.UntilParametersChange, io["_second.weight"]);
        Assert.AreEqual(TensorStability.UntilParametersChange, io["_norm.bias"]);
        Assert.AreEqual(TensorStability.Volatile, io["_norm.running_mean"], "a forward pass changes it, before the fence");
        Assert.AreEqual(TensorStability.Volatile, io["_norm.num_batches_tracked"]);
    }

    /// <summary>Notes the stability of each tensor of the module.</summary>
    private sealed class StabilityIO : CheckpointIO
    {
        private readonly Dictionary<string, TensorStability> _stabilities = new(StringComparer.Ordinal);

        public TensorStability this[string name] => _stabilities[name];

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            foreach (var (name, value) in checkpoint["state_dict"].AsMap())
            {
                _stabilities[name.ToString()] = value.AsTensor().Stability;
            }

            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
