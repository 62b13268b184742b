namespace Fulgurite;

/// <summary>An optimizer that steps in one pass.</summary>
internal interface IFusedOptimizer
{
    /// <summary>Steps, and copies old values while it does.</summary>
    FusedStepper Stepper { get; }
}
