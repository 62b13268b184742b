namespace Fulgurite;

/// <summary>An optimizer that steps in one pass, and copies in it.</summary>
internal interface IFusedOptimizer : IStepCopies
{
    /// <summary>Gets the stepper, which does both.</summary>
    FusedStepper Stepper { get; }

    bool IStepCopies.TryAdd(nint source, nint target, long byteLength) => Stepper.TryAddCopy(source, target, byteLength);

    void IStepCopies.Then(Action completed) => Stepper.AfterCopies(completed);

    void IStepCopies.Finish() => Stepper.FinishCopies();
}
