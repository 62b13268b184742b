using AttentionXml.Data;
using AttentionXml.Data.Formats;
using AttentionXml.Model;

namespace AttentionXml.Run;

/// <summary>Everything that a run can be told; the defaults here are those of the command line.</summary>
internal sealed class RunOptions
{
    /// <summary>The folder of the data set; null for the package index of this machine.</summary>
    public string? Data { get; set; }

    /// <summary>One of <see cref="CorpusFormats.Names"/>.</summary>
    public string Format { get; set; } = CorpusFormats.Auto;

    public CorpusLimits Limits { get; } = new();

    public NetworkSizes Sizes { get; } = new();

    /// <summary>The most documents to validate on.</summary>
    public int ValidationDocuments { get; set; } = 2000;

    /// <summary>Training batches between two validations.</summary>
    public int ValidateEvery { get; set; } = 50;

    public int Epochs { get; set; } = 5;

    /// <summary>The most optimizer steps, those before a resume counted; null for no limit.</summary>
    public long? MaxSteps { get; set; }

    public int BatchSize { get; set; } = 128;

    public double LearningRate { get; set; } = 5e-3;

    public int Seed { get; set; } = 1;

    /// <summary>
    /// Threads of libtorch. One, since the default model is small: a second one makes its steps a quarter faster on a machine
    /// that has nothing else to do, and several times slower on one that has, where each waits for the other all the time.
    /// </summary>
    public int Threads { get; set; } = 1;

    /// <summary>How checkpoints are saved; one of <see cref="CheckpointSaving.Names"/>.</summary>
    public string IO { get; set; } = CheckpointSaving.Async;

    /// <summary>Whether to compare ways of saving instead of training one model.</summary>
    public bool ComparePolicies { get; set; }

    /// <summary>The folder for checkpoints; null for <c>runs/attentionxml</c>.</summary>
    public string? Output { get; set; }

    /// <summary>A checkpoint to go on from, or <c>last</c>; null to start anew.</summary>
    public string? Resume { get; set; }
}
