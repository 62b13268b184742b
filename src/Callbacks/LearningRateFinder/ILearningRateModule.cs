namespace Fulgurite.Callbacks;

/// <summary>A module whose optimizers are made with a learning rate that may be found by a search.</summary>
public interface ILearningRateModule
{
    /// <summary>The learning rate that <see cref="TrainingModule.ConfigureOptimizers"/> uses.</summary>
    double LearningRate { get; set; }
}
