using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Options of <see cref="AsyncCheckpointIO"/>.</summary>
public sealed class AsyncCheckpointOptions
{
    /// <summary>
    /// Gets or sets the maximum host memory for snapshots in bytes. A save that finds no room, and no older save of its slot to supersede,
    /// waits for room; a single snapshot may exceed the limit. 0 allows the snapshot being written and one more for each slot in use, or
    /// one more if no slots are used. Slots of saves that follow each other (<see cref="SaveOptions.FollowedBy"/>) count once.
    /// </summary>
    /// <value>The default is 0.</value>
    [Range(0, long.MaxValue)]
    public long MemoryBudget { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of waiting saves without a slot (milestones, such as the checkpoints kept by a metric). The next one
    /// blocks training until there is room, which limits pending saves, files and memory when the storage is slow.
    /// </summary>
    /// <value>The default is 16.</value>
    [Range(1, int.MaxValue)]
    public int MaxWaitingMilestones { get; set; } = 16;

    /// <summary>
    /// Gets or sets a value indicating whether parameters and optimizer state may be copied while training continues, until the mutation
    /// fence before they change. If false, everything is copied before a save returns.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Overlap { get; set; } = true;

    /// <summary>
    /// Gets or sets the number of threads that copy while the training thread waits, including that thread; 0 uses the number of
    /// processors, up to 4.
    /// </summary>
    /// <value>The default is 0.</value>
    [Range(0, 64)]
    public int CopyThreads { get; set; }

    /// <summary>
    /// Gets or sets the number of threads that copy while training continues, at most <see cref="CopyThreads"/> minus one; 0 uses that
    /// maximum. They run at low priority, and mostly on idle processors. Without an idle processor, several threads delay the computation
    /// less than one, because all compute threads wait for the one that is delayed.
    /// </summary>
    /// <value>The default is 0.</value>
    [Range(0, 64)]
    public int BackgroundCopyThreads { get; set; }

    /// <summary>Gets or sets a value indicating whether snapshots request huge pages if the operating system supports them.</summary>
    /// <value>The default is true.</value>
    public bool HugePages { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether every overlapped capture is compared with an immediate copy, to find code that changes
    /// tensors outside of the mutation fence. This costs the time that overlapping saves. If false, only a few samples of each tensor are
    /// compared.
    /// </summary>
    /// <value>The default is false.</value>
    public bool ValidateCaptures { get; set; }
}
