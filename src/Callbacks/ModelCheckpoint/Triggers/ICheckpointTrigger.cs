using Fulgurite.IO;

namespace Fulgurite.Callbacks.Triggers;

/// <summary>Says when a checkpoint is due. Used on the thread of the run; one instance belongs to one callback.</summary>
/// <remarks>Calls: <see cref="Start"/> once a run, then <see cref="IsDue"/> once at every moment, in order, and <see cref="Asked"/> and <see cref="Ended"/> for every
/// save.</remarks>
public interface ICheckpointTrigger
{
    /// <summary>Whether the answer depends on a clock, so that processes that train together have to agree on it. Default: false.</summary>
    bool UsesClock => false;

    /// <summary>A run begins or goes on.</summary>
    void Start()
    {
    }

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="moment">The moment.</param>
    bool IsDue(in CheckpointMoment moment);

    /// <summary>The callback has asked for a save of the newest state, be it because this trigger said so or for another reason.</summary>
    /// <param name="ticket">The save.</param>
    void Asked(CheckpointTicket ticket)
    {
    }

    /// <summary>A save that was asked for has ended, in whichever way; told at the next step boundary.</summary>
    /// <param name="ticket">How, and what it cost.</param>
    void Ended(CheckpointTicket ticket)
    {
    }
}
