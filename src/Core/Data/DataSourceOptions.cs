using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>How a <see cref="DataSource{TBatch}"/> makes batches.</summary>
public sealed class DataSourceOptions
{
    /// <summary>Items of a batch. Default: 1.</summary>
    [Range(1, int.MaxValue)]
    public int BatchSize { get; set; } = 1;

    /// <summary>
    /// Whether every epoch has an order of its own, which depends on <see cref="Seed"/> and the number of the epoch alone. Default: false, in
    /// the order of the data.
    /// </summary>
    public bool Shuffle { get; set; }

    /// <summary>Where the order, and the random numbers that items are given, come from. Default: that of <see cref="Trainer.SeedEverything"/>, else 0.</summary>
    public long Seed { get; set; } = RandomSeed.Current ?? 0;

    /// <summary>Whether a last batch that is not full is left out. Default: false.</summary>
    public bool DropLast { get; set; }

    /// <summary>
    /// Threads that make batches ahead of the training. The batches are the same, in the same order, however many there are. Default: 0, each
    /// batch is made by the training thread when it is wanted.
    /// </summary>
    [Range(0, 1024)]
    public int Workers { get; set; }

    /// <summary>
    /// How many batches at most are ready or being made while one is used; they are in memory all at once. Of no meaning without workers.
    /// Default: null, two for each worker.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int? PrefetchBatches { get; set; }

    internal int Capacity => Math.Max(PrefetchBatches ?? (2 * Workers), Workers);

    internal void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
