using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Where and how a <see cref="CudaStrategy"/> trains.</summary>
public sealed class CudaStrategyOptions
{
    /// <summary>The number of the device, from zero. Default: 0.</summary>
    [Range(0, 255)]
    public int Device { get; set; }

    /// <summary>
    /// Whether the generator of the device is seeded for every batch, with a number that libtorch's generator on the CPU draws. TorchSharp
    /// cannot read the generator of a device; this way a resumed run draws on it what the run that was never stopped does. Default: true.
    /// </summary>
    public bool SeedEveryBatch { get; set; } = true;

    /// <summary>
    /// Whether checkpoints leave the device through page-locked memory, which is kept: as much as one checkpoint takes. Without it each
    /// tensor is copied by itself. Default: true.
    /// </summary>
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
