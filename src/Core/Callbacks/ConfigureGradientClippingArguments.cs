namespace Fulgurite.Callbacks;

/// <summary>Gradients of a window are complete; the module clips them.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Norm">The largest norm that the options ask for; null for none.</param>
/// <param name="Value">The largest absolute value that the options ask for; null for none.</param>
public readonly record struct ConfigureGradientClippingArguments(Trainer Trainer, TrainingModule Module, double? Norm, double? Value)
{
    /// <summary>Clips the gradients of all parameters that the optimizers change.</summary>
    /// <param name="norm">The largest Euclidean norm that all gradients together keep; null for no limit.</param>
    /// <param name="value">The largest absolute value that an element keeps; null for no limit.</param>
    public void Clip(double? norm, double? value) => Trainer.Session("There is nothing to clip").ClipGradients(norm, value);
}
