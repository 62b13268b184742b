using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>How <see cref="AsyncCheckpointIO"/> captures and queues.</summary>
public sealed class AsyncCheckpointOptions
{
    /// <summary>
    /// How many bytes of host memory snapshots may take in all. A save that finds no room, and no older save for its slot to supersede,
    /// waits for some; one that is alone is let through whatever its size. Default: 0, room for the snapshot being written and one for
    /// each slot in use, or for one more where no slots are used.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MemoryBudget { get; set; }

    /// <summary>
    /// Gets or sets how many saves without a slot (milestones, such as each of several best ones) may wait to be written. The next one waits for
    /// room, and training with it, so that a slow storage does not pile up saves, files and memory.
    /// </summary>
    /// <value>The default is 16.</value>
    [Range(1, int.MaxValue)]
    public int MaxWaitingMilestones { get; set; } = 16;

    /// <summary>
    /// Whether parameters and optimizer state may be copied while training goes on, until the mutation fence before they change. Off,
    /// everything is copied before a save returns. Default: true.
    /// </summary>
    public bool Overlap { get; set; } = true;

    /// <summary>How many threads copy while the training thread waits, itself included. Default: 0, the number of processors but at most 4.</summary>
    [Range(0, 64)]
    public int CopyThreads { get; set; }

    /// <summary>
    /// How many threads copy while training goes on; at most one less than <see cref="CopyThreads"/>. They give way to training, and a processor
    /// that is idle does most of it; where none is, all that compute wait for the one that copies, so that several share it better. Default:
    /// 0, one less than <see cref="CopyThreads"/>.
    /// </summary>
    [Range(0, 64)]
    public int BackgroundCopyThreads { get; set; }

    /// <summary>Whether snapshots ask for huge pages where the operating system has them. Default: true.</summary>
    public bool HugePages { get; set; } = true;

    /// <summary>
    /// Whether every overlapped capture is compared with a copy that is made at once, which costs what overlapping saves: for finding out
    /// who changes tensors outside of the fence. Default: false, a few places of each tensor are compared.
    /// </summary>
    public bool ValidateCaptures { get; set; }
}

/// <summary>Adds an <see cref="AsyncCheckpointIO"/> to a trainer.</summary>
public static class AsyncCheckpointIOBuilderExtensions
{
    /// <summary>Saves in the background.</summary>
    /// <typeparam name="TCheckpointIO"><see cref="AsyncCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<AsyncCheckpointOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<AsyncCheckpointOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, AsyncCheckpointOptions>(configure);
}
