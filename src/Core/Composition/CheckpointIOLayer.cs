using Fulgurite.IO;

namespace Fulgurite.Composition;

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
