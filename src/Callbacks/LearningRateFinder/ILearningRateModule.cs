namespace Fulgurite.Callbacks;

/// <summary>A module whose optimizers use a learning rate that a search may set.</summary>
public interface ILearningRateModule
{
    /// <summary>Gets or sets the learning rate for <see cref="TrainingModule.ConfigureOptimizers"/>.</summary>
    double LearningRate { get; set; }
}
