using Fulgurite.Checkpointing;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite;

/// <content>States that are in memory, and who hears of checkpoints.</content>
public sealed partial class Trainer
{
    /// <summary>Puts the weights of a state that is in memory into a module, and nothing else; all or none.</summary>
    /// <param name="module">The module.</param>
    /// <param name="state">The state, such as that of a <see cref="StateSnapshot"/>.</param>
    /// <exception cref="InvalidOperationException">The state was made by another module.</exception>
    public void LoadWeights(TrainingModule module, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(state);
        ModuleWeights.Check(state, module, "in memory", strict: true);
        Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(state, module, "in memory");
    }

    /// <summary>Tells loggers of a checkpoint that became durable.</summary>
    internal void TellLoggers(CheckpointTicket ticket)
    {
        foreach (var logger in _loggers)
        {
            logger.LogCheckpoint(ticket, GlobalStep);
        }
    }
}
