namespace Fulgurite;

/// <summary>Specifies the purpose of a run.</summary>
public enum RunStage
{
    /// <summary>Training, including validations.</summary>
    Fit,

    /// <summary>A standalone validation.</summary>
    Validate,

    /// <summary>A test.</summary>
    Test,

    /// <summary>A prediction run.</summary>
    Predict,
}
