using Fulgurite;
using Fulgurite.Jobs;
using static TorchSharp.torch;

namespace HostedTraining;

/// <summary>Random angles, determined by the number of the epoch.</summary>
internal sealed class SineData : ITrainingData<SineBatch>
{
    private const int Rows = 64;

    public IEnumerable<SineBatch> Train { get; } = new Source(16, seed: 0);

    public IEnumerable<SineBatch>? Validation { get; } = new Source(2, seed: 1_000_000);

    private sealed class Source(int batches, int seed) : IBatchSource<SineBatch>
    {
        public int? BatchCount => batches;

        public IEnumerable<SineBatch> GetBatches(int epoch, int skip)
        {
            for (var batch = skip; batch < batches; batch++)
            {
                var random = new Random(seed + (epoch * batches) + batch);
                var angles = Enumerable.Range(0, Rows).Select(_ => (float)((random.NextDouble() - 0.5) * 2 * Math.PI)).ToArray();
                yield return new SineBatch(tensor(angles, [Rows, 1]), tensor(Array.ConvertAll(angles, MathF.Sin), [Rows, 1]));
            }
        }

        public IEnumerator<SineBatch> GetEnumerator() => GetBatches(0, 0).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
