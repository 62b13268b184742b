using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>The options of a <see cref="DataSource{TBatch}"/>.</summary>
public sealed class DataSourceOptions
{
    /// <summary>
    /// Gets or sets the number of items in a batch. Where several processes train together, each has its part of the batch.
    /// </summary>
    /// <value>The default is 1.</value>
    [Range(1, int.MaxValue)]
    public int BatchSize { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether to shuffle the items in every epoch. The order depends only on <see cref="Seed"/> and the epoch.
    /// </summary>
    /// <value>The default is false, for the order of the data.</value>
    public bool Shuffle { get; set; }

    /// <summary>Gets or sets the seed of the order and of the random numbers for items.</summary>
    /// <value>The default is the seed of <see cref="Trainer.SeedEverything"/>, or 0 if it was not called.</value>
    public long Seed { get; set; } = RandomSeed.Current ?? 0;

    /// <summary>
    /// Gets or sets whether several processes that train together share the items of each batch. If false, each process uses all items,
    /// for data that differs between the processes.
    /// </summary>
    /// <value>The default is true.</value>
    public bool ShareBatches { get; set; } = true;

    /// <summary>Gets or sets whether to drop the last batch if it is not full.</summary>
    /// <value>The default is false.</value>
    public bool DropLast { get; set; }

    /// <summary>
    /// Gets or sets the number of threads that create batches in advance. The batches and their order do not depend on it.
    /// </summary>
    /// <value>The default is 0, for creating each batch on the training thread when it is requested.</value>
    [Range(0, 1024)]
    public int Workers { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of batches that are ready or being created while one is used. All of them are in memory at the same
    /// time. Has no effect without workers.
    /// </summary>
    /// <value>The default is null, for two per worker.</value>
    [Range(1, int.MaxValue)]
    public int? PrefetchBatches { get; set; }

    internal int Capacity => Math.Max(PrefetchBatches ?? (2 * Workers), Workers);

    internal void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
