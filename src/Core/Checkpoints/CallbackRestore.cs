using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Restores callback states from a checkpoint and logs states without a callback and callbacks without a state.</summary>
internal sealed partial class CallbackRestore(Trainer trainer, string path, ILogger logger)
{
    public void Apply(TrainingState state)
    {
        if (!state.Root.TryGetValue(CheckpointKeys.Callbacks, out var saved) || saved is not StateMap entries)
        {
            return;
        }

        // The oldest Lightning versions used objects as keys; keys are converted to strings here.
        var unused = entries.Keys.Select(key => key.ToString()).ToHashSet(StringComparer.Ordinal);
        var fresh = new List<string>();
        foreach (var callback in trainer.Run.Callbacks)
        {
            if (entries.TryGetValue(callback.StateKey, out var entry))
            {
                callback.LoadStateDict(entry.AsMap());
                unused.Remove(callback.StateKey);
            }
            else if (callback.StateDict() is not null)
            {
                fresh.Add(callback.StateKey);
            }
        }

        if (unused.Count > 0)
        {
            LogUnused(logger, path, string.Join(", ", unused));
        }

        if (fresh.Count > 0)
        {
            LogFresh(logger, path, string.Join(", ", fresh));
        }
    }

    [LoggerMessage(1010, LogLevel.Warning, "The checkpoint {Path} has the state of callbacks that the trainer does not have: {Keys}")]
    private static partial void LogUnused(ILogger logger, string path, string keys);

    [LoggerMessage(1012, LogLevel.Warning, "The checkpoint {Path} has no state for these callbacks, which start from scratch: {Keys}")]
    private static partial void LogFresh(ILogger logger, string path, string keys);
}
