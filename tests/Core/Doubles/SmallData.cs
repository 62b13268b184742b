using System.Collections;

namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Batches of random numbers whose order depends on the epoch alone.</summary>
internal sealed class SmallData(int batches, int batchSize = 6) : IBatchSource<(Tensor Inputs, Tensor Targets)>
{
    public int? BatchCount => batches;

    public IEnumerable<(Tensor Inputs, Tensor Targets)> GetBatches(int epoch, int skip)
    {
        for (var index = skip; index < batches; index++)
        {
            var random = new Random((epoch * 1000) + index);
            var inputs = Enumerable.Range(0, batchSize * 4).Select(_ => (float)random.NextDouble()).ToArray();
            var targets = Enumerable.Range(0, batchSize).Select(row => inputs[row * 4] - (2 * inputs[(row * 4) + 1])).ToArray();
            yield return (tensor(inputs, [batchSize, 4]), tensor(targets, [batchSize, 1]));
        }
    }

    public IEnumerator<(Tensor Inputs, Tensor Targets)> GetEnumerator() => GetBatches(0, 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
