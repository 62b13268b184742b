using Fulgurite;

namespace OwnCheckpoint;

/// <summary>Saves the run after every epoch and keeps every file. The minimal custom checkpoint callback.</summary>
[Plugin("epochs")]
public sealed class EpochCheckpoint : Checkpoint
{
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) =>
        Save(
            arguments.Trainer, weightsOnly: false,
            (Path.Combine(arguments.Trainer.Options.DefaultRootDirectory, $"epoch-{arguments.Trainer.CurrentEpoch}.ckpt"), null));
}
