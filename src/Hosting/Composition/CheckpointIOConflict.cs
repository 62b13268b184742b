
namespace Fulgurite.Composition;

/// <summary>What is said of a <see cref="CheckpointIO"/> that was chosen for a trainer and that its strategy does not use.</summary>
internal static class CheckpointIOConflict
{
    /// <param name="trainer">The name of the trainer.</param>
    /// <param name="chosen">What was chosen.</param>
    /// <param name="strategy">The strategy.</param>
    /// <param name="isHanded">Whether the strategy was handed what was chosen.</param>
    public static string Message(string trainer, string chosen, IStrategy strategy, bool isHanded)
    {
        var (type, used) = (strategy.GetType().Name, strategy.CheckpointIO.GetType().Name);
        return $"{TrainerName.Display(trainer)} is given {chosen}, and its strategy {type} " + (strategy.SupportsCustomCheckpointIO, isHanded) switch
        {
            (false, _) => "writes checkpoints itself and supports no custom CheckpointIO. Remove it, or use another strategy.",
            (true, false) => $"has a CheckpointIO of its own, {used}. Give it to one of the two: remove the one of the trainer, or write AddStrategy((services, checkpointIO) => new {type}(checkpointIO)).",
            _ => $"uses another, {used}. Let its CheckpointIO be the one that it is handed.",
        };
    }

    /// <summary>How messages call the layers of a trainer.</summary>
    public static string Names(IEnumerable<CheckpointIOLayer> layers) => string.Join(", ", layers.Select(layer => layer.DisplayName));
}
