using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>How long a <see cref="Trainer"/> trains and what it does on the way.</summary>
public sealed class TrainerOptions
{
    /// <summary>The section of a configuration that holds these options.</summary>
    public const string SectionName = "Trainer";

    /// <summary>How many times the training data is gone through at most; null for no limit. Default: 1000.</summary>
    [Range(0, int.MaxValue)]
    public int? MaxEpochs { get; set; } = 1000;

    /// <summary>How many times the optimizer steps at most; null for no limit. Default: null.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxSteps { get; set; }

    /// <summary>How many training batches of an epoch are used; null for all. Default: null.</summary>
    [Range(1, int.MaxValue)]
    public int? LimitTrainBatches { get; set; }

    /// <summary>How many batches of a validation are used; null for all. Default: null.</summary>
    [Range(1, int.MaxValue)]
    public int? LimitValidationBatches { get; set; }

    /// <summary>After how many training batches of an epoch there is a validation; null for the end of each epoch only. Default: null.</summary>
    [Range(1, int.MaxValue)]
    public int? ValidationInterval { get; set; }

    /// <summary>How many batches share one optimizer step; what is left at the end of an epoch steps too. Default: 1.</summary>
    [Range(1, int.MaxValue)]
    public int AccumulateGradBatches { get; set; } = 1;

    /// <summary>The largest Euclidean norm that all gradients together keep; null for no limit. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? GradientClipNorm { get; set; }

    /// <summary>After how many optimizer steps the newest metrics go to the loggers. Default: 50.</summary>
    [Range(1, int.MaxValue)]
    public int LogEveryNSteps { get; set; } = 50;

    /// <summary>Whether checkpoints are saved; if none is configured, a default one is. Default: true.</summary>
    public bool EnableCheckpointing { get; set; } = true;

    /// <summary>What a checkpoint that could not be saved does to the run. Default: it fails at its end.</summary>
    public CheckpointFailurePolicy OnCheckpointFailure { get; set; } = CheckpointFailurePolicy.FailAtEnd;

    /// <summary>The directory for what has no directory of its own. Default: the current one.</summary>
    [Required]
    public string DefaultRootDirectory { get; set; } = ".";
}
