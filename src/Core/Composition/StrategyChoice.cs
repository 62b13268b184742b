
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

/// <summary>The class of a callback that was added by its class or as an instance, a keyed service: what can be said of it before it is made.</summary>
/// <param name="Type">The class.</param>
internal sealed record CallbackChoice(Type Type);

/// <summary>One <c>AddCheckpointIO</c> of a trainer, a keyed service: the base, or what wraps that which was named before.</summary>
/// <param name="Type">What is made; null where a factory says so only when it runs.</param>
/// <param name="IsWrapper">Whether it wraps.</param>
/// <param name="Make">Makes it; gets what it wraps, null for the base.</param>
internal sealed record CheckpointIOLayer(Type? Type, bool IsWrapper, Func<IServiceProvider, CheckpointIO?, CheckpointIO> Make)
{
    /// <summary>The implementation itself, where it was made before.</summary>
    public CheckpointIO? Instance { get; init; }

    /// <summary>How errors call it.</summary>
    public string DisplayName => Type?.Name ?? (IsWrapper ? "a wrapper from a factory" : "one from a factory");
}
