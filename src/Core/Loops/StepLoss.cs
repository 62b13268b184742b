using Fulgurite.Metrics;
using static TorchSharp.torch;

namespace Fulgurite.Loops;

/// <summary>The loss of a batch as a number, read when somebody wants it: on a device that computes ahead, reading waits for it.</summary>
internal sealed class StepLoss(Tensor loss)
{
    private double? _value;

    public double Value => _value ??= loss.ToNumber();
}
