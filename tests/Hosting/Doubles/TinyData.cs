using Fulgurite.Jobs;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>Four batches for a <see cref="TinyModule"/>.</summary>
internal sealed class TinyData : ITrainingData<(Tensor Inputs, Tensor Targets)>
{
    public IEnumerable<(Tensor Inputs, Tensor Targets)> Train => TinyModule.Data(4);
}
