using Fulgurite.IO;
using Fulgurite.Strategies;

namespace Fulgurite.Composition;

/// <summary>The <c>AddStrategy</c> of a trainer, a keyed service.</summary>
/// <param name="Type">What is made; null where a factory says so only when it runs.</param>
/// <param name="TakesCheckpointIO">Whether it is handed the <see cref="CheckpointIO"/> of the trainer.</param>
/// <param name="Make">Makes it.</param>
internal sealed record StrategyChoice(Type? Type, bool TakesCheckpointIO, Func<IServiceProvider, CheckpointIO?, IStrategy> Make)
{
    /// <summary>The strategy itself, where it was made before: what can be asked of it before the trainer is made.</summary>
    public IStrategy? Instance { get; init; }

    /// <summary>How errors call it.</summary>
    public string DisplayName => Type?.Name ?? "one from a factory";
}
