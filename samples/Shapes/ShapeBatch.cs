using static TorchSharp.torch;

namespace Shapes;

/// <summary>Images, one to a row, and what they show.</summary>
internal sealed record ShapeBatch(Tensor Pixels, Tensor Kind);
