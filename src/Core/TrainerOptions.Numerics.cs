using Fulgurite.Strategies;

namespace Fulgurite;

/// <content>What numbers are computed in, and how exactly they come again.</content>
public sealed partial class TrainerOptions
{
    /// <summary>The element type of parameters, buffers and batches; null for the types that the module and the data have. Default: null.</summary>
    /// <remarks>Mixed precision needs autocast, which TorchSharp has not: it is refused.</remarks>
    public Precision? Precision { get; set; }

    /// <summary>
    /// Seeds everything at the start of each fit that does not resume, as <see cref="Trainer.SeedEverything"/> does; null leaves the generators as
    /// they are. A module that is made before that has its weights from elsewhere: call <see cref="Trainer.SeedEverything"/> before
    /// making it. Default: null.
    /// </summary>
    public long? Seed { get; set; }

    /// <summary>
    /// Whether two runs from the same seed must be alike bit for bit. On the CPU libtorch computes so as long as it has the same
    /// number of threads: a checkpoint of another number is then refused. Elsewhere it is refused, since TorchSharp cannot ask libtorch for
    /// deterministic algorithms. Default: false, which warns of another number of threads.
    /// </summary>
    public bool Deterministic { get; set; }

    /// <summary>
    /// Whether a run ends at the first loss, gradient or parameter that is not finite, with an error that names it. It looks at every
    /// tensor in every step: for finding a fault, not for training. Default: false.
    /// </summary>
    public bool DetectAnomaly { get; set; }
}
