using AttentionXml.Data;
using AttentionXml.Data.Formats;
using AttentionXml.Data.Generated;
using AttentionXml.Model;

namespace AttentionXml.Run;

/// <summary>The options of a run; the defaults are those of the command line.</summary>
internal sealed class RunOptions
{
    /// <summary>Gets or sets the folder of the data set; null for the package index of this machine.</summary>
    public string? Data { get; set; }

    /// <summary>
    /// Gets or sets the shape of generated documents to use as data, one of <see cref="DataShape.Names"/>; null for none.
    /// </summary>
    public string? Generate { get; set; }

    /// <summary>Gets or sets a value indicating whether the package index keeps labels that occur only once.</summary>
    public bool AllLabels { get; set; }

    /// <summary>Gets or sets the format, one of <see cref="CorpusFormats.Names"/>.</summary>
    public string Format { get; set; } = CorpusFormats.Auto;

    public CorpusLimits Limits { get; } = new();

    public NetworkSizes Sizes { get; } = new();

    /// <summary>Gets or sets a value indicating whether words begin with vectors of the training documents.</summary>
    public bool WordVectors { get; set; }

    /// <summary>Gets or sets the maximum number of validation documents.</summary>
    public int ValidationDocuments { get; set; } = 2000;

    /// <summary>Gets or sets the number of training batches between two validations.</summary>
    public int ValidateEvery { get; set; } = 50;

    public int Epochs { get; set; } = 5;

    /// <summary>Gets or sets the maximum number of optimizer steps, including those before a resume; null for no limit.</summary>
    public long? MaxSteps { get; set; }

    public int BatchSize { get; set; } = 128;

    public double LearningRate { get; set; } = 5e-3;

    /// <summary>Gets or sets the number of levels of the label tree; 1 for a flat model.</summary>
    public int Levels { get; set; } = 1;

    /// <summary>Gets or sets the maximum number of labels in a cluster of the label tree.</summary>
    public int ClusterSize { get; set; } = 8;

    /// <summary>Gets or sets the number of nodes of a level whose children are candidates of the next level.</summary>
    public int Beam { get; set; } = 64;

    /// <summary>Gets or sets the number of trees, with successive seeds.</summary>
    public int Trees { get; set; } = 1;

    /// <summary>Gets or sets the number of validations without improvement after which a level ends; null for no limit.</summary>
    public int? Patience { get; set; }

    /// <summary>Gets or sets the epoch from which weights are averaged, from zero; null for no averaging.</summary>
    public int? AverageFrom { get; set; }

    public int Seed { get; set; } = 1;

    /// <summary>
    /// Gets or sets the number of threads of libtorch. The default is one, since the default model is small: a second one makes its steps a
    /// quarter faster on an idle machine, and several times slower on a busy one, where the threads wait for each other.
    /// </summary>
    public int Threads { get; set; } = 1;

    /// <summary>Gets or sets the way of saving checkpoints, one of <see cref="CheckpointSaving.Names"/>.</summary>
    public string IO { get; set; } = CheckpointSaving.Async;

    /// <summary>Gets or sets a value indicating whether to compare checkpoint policies instead of training one model.</summary>
    public bool ComparePolicies { get; set; }

    /// <summary>Gets or sets the folder of checkpoints; null for <c>runs/attentionxml</c>.</summary>
    public string? Output { get; set; }

    /// <summary>Gets the full path of the folder of checkpoints.</summary>
    public string OutputDirectory => Path.GetFullPath(Output ?? Workplace.OutputDirectory);

    /// <summary>Gets or sets the checkpoint to resume from, a path or <c>last</c>; null to start from the beginning.</summary>
    public string? Resume { get; set; }

    /// <summary>Returns the options of one tree: of several, each has its own seed and folder.</summary>
    /// <param name="tree">The number of the tree, from 1.</param>
    public RunOptions ForTree(int tree)
    {
        if (Trees == 1)
        {
            return this;
        }

        var options = (RunOptions)MemberwiseClone();
        options.Seed = Seed + tree - 1;
        options.Output = OutputFolder.OfTree(OutputDirectory, tree);

        // Trees after the current one have nothing to resume from.
        options.Resume = tree == 1 || OutputFolder.HoldsCheckpoints(options.Output) ? Resume : null;
        return options;
    }
}
