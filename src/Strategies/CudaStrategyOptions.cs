using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Options of <see cref="CudaStrategy"/>.</summary>
public sealed class CudaStrategyOptions
{
    /// <summary>Gets or sets the zero-based number of the device.</summary>
    /// <value>The default is 0.</value>
    [Range(0, 255)]
    public int Device { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the generator of the device is seeded for every batch from the CPU generator of libtorch.
    /// TorchSharp cannot read the generator of a device; with this option, a resumed run draws the same numbers as an uninterrupted run.
    /// </summary>
    /// <value>The default is true.</value>
    public bool SeedEveryBatch { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether checkpoints are copied from the device through page-locked memory. A buffer of the size of
    /// one checkpoint is kept. If false, each tensor is copied separately.
    /// </summary>
    /// <value>The default is true.</value>
    public bool PageLockedStaging { get; set; } = true;
}

/// <summary>Adds a <see cref="CudaStrategy"/> to a trainer.</summary>
public static class CudaStrategyBuilderExtensions
{
    /// <summary>Trains on a CUDA device.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddCudaStrategy(this ITrainerBuilder builder, Action<CudaStrategyOptions>? configure = null) =>
        builder.AddStrategy<CudaStrategy, CudaStrategyOptions>(configure ?? (_ => { }));

    /// <summary>Trains on a CUDA device.</summary>
    /// <typeparam name="TStrategy"><see cref="CudaStrategy"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder, Action<CudaStrategyOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<CudaStrategyOptions> =>
        builder.AddStrategy<TStrategy, CudaStrategyOptions>(configure);
}
