using static TorchSharp.torch;

namespace Shapes;

/// <summary>Images, one per row, and their kinds.</summary>
internal sealed record ShapeBatch(Tensor Pixels, Tensor Kind);
