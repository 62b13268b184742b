namespace Fulgurite.Composition;

/// <summary>An <c>AddStrategy</c> call of a trainer, registered as a keyed service.</summary>
/// <param name="Type">The class of the strategy; null if it is known only to a factory.</param>
/// <param name="TakesCheckpointIO">Whether it receives the <see cref="CheckpointIO"/> of the trainer.</param>
/// <param name="Make">Creates the strategy.</param>
internal sealed record StrategyChoice(Type? Type, bool TakesCheckpointIO, Func<IServiceProvider, CheckpointIO?, IStrategy> Make)
{
    /// <summary>Gets the strategy if it already exists, so that it can be queried before the trainer is created.</summary>
    public IStrategy? Instance { get; init; }

    /// <summary>Gets the name in error messages.</summary>
    public string DisplayName => Type?.Name ?? "one from a factory";
}

/// <summary>
/// The class of a callback that was added by its class or as an instance, registered as a keyed service for checks before its creation.
/// </summary>
/// <param name="Type">The class.</param>
internal sealed record CallbackChoice(Type Type);

/// <summary>An <c>AddCheckpointIO</c> call of a trainer, registered as a keyed service: the base or a wrapper.</summary>
/// <param name="Type">The class; null if it is known only to a factory.</param>
/// <param name="IsWrapper">Whether it is a wrapper.</param>
/// <param name="Make">Creates the instance from the wrapped instance, which is null for the base.</param>
internal sealed record CheckpointIOLayer(Type? Type, bool IsWrapper, Func<IServiceProvider, CheckpointIO?, CheckpointIO> Make)
{
    /// <summary>Gets the instance if it already exists.</summary>
    public CheckpointIO? Instance { get; init; }

    /// <summary>Gets the name in error messages.</summary>
    public string DisplayName => Type?.Name ?? (IsWrapper ? "a wrapper from a factory" : "one from a factory");
}
