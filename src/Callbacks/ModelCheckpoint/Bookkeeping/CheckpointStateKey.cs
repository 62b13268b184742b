using Fulgurite.Callbacks.Triggers;

namespace Fulgurite.Callbacks.Bookkeeping;

/// <summary>The key of a callback's state in a checkpoint: names what tells two callbacks of a trainer apart, in the way of Lightning.</summary>
internal static class CheckpointStateKey
{
    public static string Of(ModelCheckpointOptions options, ICheckpointTrigger trigger) =>
        $"ModelCheckpoint{{'monitor': {Quoted(options.Monitor)}, 'mode': {Quoted(options.Mode.ToString().ToLowerInvariant())}, "
        + $"'every_n_train_steps': {(trigger as EveryNStepsTrigger)?.Steps ?? 0}, 'every_n_epochs': {(trigger as EveryNEpochsTrigger)?.Epochs ?? 0}, "
        + $"'train_time_interval': {Quoted(options.TrainTimeInterval?.ToString("c"))}, 'filename': {Quoted(options.Filename)}, 'name': {Quoted(options.Name)}}}";

    private static string Quoted(string? text) => text is null ? "None" : $"'{text}'";
}
