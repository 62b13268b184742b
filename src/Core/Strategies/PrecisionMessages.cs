namespace Fulgurite.Strategies;

/// <summary>How a precision is refused.</summary>
internal static class PrecisionMessages
{
    public static string Unsupported(Precision precision, Type strategy) => precision.IsMixed()
        ? $"TrainerOptions.Precision is {precision}, and {strategy.Name} cannot compute parts of a model in another type than its parameters: TorchSharp has no autocast. Use {nameof(Precision.BFloat16)} for half the memory, or {nameof(Precision.Float32)}; a model may also convert tensors in its forward."
        : $"TrainerOptions.Precision is {precision}, and {strategy.Name} does not support it. Use {nameof(Precision.Float32)}, or another strategy.";
}
