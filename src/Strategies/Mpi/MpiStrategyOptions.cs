using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Options of <see cref="MpiStrategy"/>.</summary>
public sealed class MpiStrategyOptions
{
    /// <summary>Gets or sets the path or file name of the MPI library, which must belong to the launcher.</summary>
    /// <value>The default is null, for the library of the launcher or of the system.</value>
    public string? Library { get; set; }

    /// <summary>
    /// Gets or sets the device of each process: <c>cpu</c>; <c>cuda</c> for the device whose number is the rank of the process on its
    /// machine; or <c>cuda:N</c>. A CUDA device needs an MPI library that is CUDA-aware.
    /// </summary>
    /// <value>The default is <c>cpu</c>.</value>
    [Required]
    [RegularExpression("^(cpu|cuda(:[0-9]+)?)$", ErrorMessage = "Allowed is cpu, cuda or cuda:N.")]
    public string Device { get; set; } = "cpu";

    /// <summary>
    /// Gets or sets the number of synchronizations of gradients after which the parameters of all processes are compared. The first
    /// synchronization of a run always compares them. A difference ends the run with the name of the parameter.
    /// </summary>
    /// <value>The default is 1000.</value>
    [Range(1, int.MaxValue)]
    public int CompareEvery { get; set; } = 1000;

    /// <summary>
    /// Gets or sets a value indicating whether the gradients of a module with <see cref="IHasBlocks"/> are averaged during the backward
    /// pass. The results are the same. It needs an MPI library that provides MPI_THREAD_MULTIPLE.
    /// </summary>
    /// <value>
    /// The default is null: where each process has a core for it besides those of its threads, as at the start of its first run.
    /// </value>
    public bool? OverlapBackward { get; set; }

    /// <summary>Gets or sets the time to wait for another process, after which a warning names it.</summary>
    /// <value>The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan ReportAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the time to wait for another process, after which all processes are ended.</summary>
    /// <value>The default is 30 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(30);
}

/// <summary>Adds an <see cref="MpiStrategy"/> to a trainer.</summary>
public static class MpiStrategyBuilderExtensions
{
    /// <summary>Trains in all processes that an MPI launcher has started.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddMpiStrategy(this ITrainerBuilder builder, Action<MpiStrategyOptions>? configure = null) =>
        builder.AddStrategy<MpiStrategy, MpiStrategyOptions>(configure ?? (_ => { }));

    /// <summary>Trains in all processes that an MPI launcher has started.</summary>
    /// <typeparam name="TStrategy"><see cref="MpiStrategy"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder, Action<MpiStrategyOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<MpiStrategyOptions> =>
        builder.AddStrategy<TStrategy, MpiStrategyOptions>(configure);
}
