namespace Fulgurite;

/// <summary>What a run of a trainer is for.</summary>
public enum RunStage
{
    /// <summary>Training, with the validations in between.</summary>
    Fit,

    /// <summary>A validation alone.</summary>
    Validate,

    /// <summary>A test.</summary>
    Test,

    /// <summary>Predictions.</summary>
    Predict,
}
