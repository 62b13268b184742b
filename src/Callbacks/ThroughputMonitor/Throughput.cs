namespace Fulgurite.Callbacks;

/// <summary>How fast training goes, over a window of batches; without validations.</summary>
/// <param name="BatchesPerSecond">Batches a second.</param>
/// <param name="SamplesPerSecond">Samples a second; null where their number is not known.</param>
/// <param name="TokensPerSecond">Tokens a second; null where nobody counts them.</param>
/// <param name="FlopsPerSecond">Floating point operations a second; null where it is not known how many a batch takes.</param>
/// <param name="Utilization">Those as a share of the device's best, 0 to 1; null where that is not known.</param>
public readonly record struct Throughput(
    double BatchesPerSecond, double? SamplesPerSecond, double? TokensPerSecond, double? FlopsPerSecond, double? Utilization)
{
    /// <summary>The numbers that are known, by the names under which they go to loggers.</summary>
    public IReadOnlyDictionary<string, double> ToDictionary()
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal) { ["train/batches_per_sec"] = BatchesPerSecond };
        Add("train/samples_per_sec", SamplesPerSecond);
        Add("train/tokens_per_sec", TokensPerSecond);
        Add("train/flops_per_sec", FlopsPerSecond);
        Add("train/utilization", Utilization);
        return numbers;

        void Add(string name, double? number)
        {
            if (number is { } known)
            {
                numbers[name] = known;
            }
        }
    }
}
