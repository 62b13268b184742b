using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Which part a <see cref="BackboneFinetuning"/> freezes, until when, and how fast it is trained then.</summary>
public sealed class BackboneFinetuningOptions
{
    /// <summary>The name of the part in the module, with dots between levels. Default: <c>backbone</c>.</summary>
    [Required]
    public string Backbone { get; set; } = "backbone";

    /// <summary>The epoch at whose start it is thawed, from zero. Default: 10.</summary>
    [Range(0, int.MaxValue)]
    public int UnfreezeAtEpoch { get; set; } = 10;

    /// <summary>By what its learning rate is multiplied at the start of each later epoch. Default: 2.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double Multiplier { get; set; } = 2;

    /// <summary>Its first learning rate as a part of that of the first group. Default: 0.1.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double InitialRatio { get; set; } = 0.1;

    /// <summary>Its first learning rate; null for <see cref="InitialRatio"/>. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? InitialLearningRate { get; set; }

    /// <summary>Whether its learning rate grows to that of the first group at most. Default: true.</summary>
    public bool AlignToFirstGroup { get; set; } = true;

    /// <summary>Whether its batch norms are trained while it is frozen; else they are in evaluation mode until it is thawed. Default: true.</summary>
    public bool TrainBatchNorm { get; set; } = true;
}
