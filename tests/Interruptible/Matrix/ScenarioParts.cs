namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>What ends the run that is to be resumed.</summary>
internal enum StopKind
{
    Exception,
    Cancellation,
    Kill,
}

/// <summary>Where in the run that happens.</summary>
internal enum StopPlace
{
    BatchStart,
    TrainingStep,
    BeforeOptimizerStep,
    BatchEnd,
    Validation,
}

/// <summary>When the run validates.</summary>
internal enum ValidationKind
{
    None,
    EpochEnd,
    MidEpoch,
}

/// <summary>What averages the weights.</summary>
internal enum AveragingKind
{
    None,
    Exponential,
    Stochastic,
}

/// <summary>How gradients are clipped.</summary>
internal enum ClippingKind
{
    None,
    Norm,
    Value,
}
