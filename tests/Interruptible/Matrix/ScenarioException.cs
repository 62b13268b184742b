namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>What ends a run in the middle.</summary>
internal sealed class ScenarioException() : Exception("The scenario ends here.");
