using System.Collections;

namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Batches of random numbers that depend on the epoch and their number alone.</summary>
internal sealed class NumberedData(int batches, int batchSize = 4) : IBatchSource<Tensor>
{
    public int? BatchCount => batches;

    public IEnumerable<Tensor> GetBatches(int epoch, int skip)
    {
        for (var index = skip; index < batches; index++)
        {
            var random = new Random((epoch * 1000) + index);
            yield return tensor(Enumerable.Range(0, batchSize * 3).Select(_ => (float)random.NextDouble()).ToArray(), [batchSize, 3]);
        }
    }

    public IEnumerator<Tensor> GetEnumerator() => GetBatches(0, 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
