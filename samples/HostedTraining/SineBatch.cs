using static TorchSharp.torch;

namespace HostedTraining;

/// <summary>Angles and their sines, one per row.</summary>
internal sealed record SineBatch(Tensor Angle, Tensor Sine);
