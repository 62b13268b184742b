using Fulgurite.IO;

namespace Fulgurite.Callbacks.Retention;

/// <summary>A checkpoint that is there or on its way.</summary>
/// <param name="path">Where.</param>
/// <param name="score">The value of the metric; the number of the save where none is compared.</param>
/// <param name="number">The number of the save in the run, from one.</param>
/// <param name="globalStep">Optimizer steps done.</param>
/// <param name="epoch">The number of its epoch, from zero.</param>
public sealed class SavedCheckpoint(string path, double score, long number, long globalStep = 0, int epoch = 0)
{
    /// <summary>Where.</summary>
    public string Path { get; } = path;

    /// <summary>The value of the metric; the number of the save where none is compared.</summary>
    public double Score { get; } = score;

    /// <summary>The number of the save in the run, from one.</summary>
    public long Number { get; } = number;

    /// <summary>Optimizer steps done.</summary>
    public long GlobalStep { get; } = globalStep;

    /// <summary>The number of its epoch, from zero.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Whether the file is known to be there.</summary>
    public bool IsDurable { get; internal set; }

    /// <summary>Gets whether its save failed after the file had taken its path: it is there, and may not survive a power cut.</summary>
    internal bool IsInPlace { get; set; }

    /// <summary>The save that makes it; null for one of an earlier run.</summary>
    internal CheckpointTicket? Ticket { get; set; }
}
