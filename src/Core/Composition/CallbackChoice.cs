namespace Fulgurite.Composition;

/// <summary>The class of a callback that was added by its class or as an instance, a keyed service: what can be said of it before it is made.</summary>
/// <param name="Type">The class.</param>
internal sealed record CallbackChoice(Type Type);
