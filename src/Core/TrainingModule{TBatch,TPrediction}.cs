namespace Fulgurite;

/// <summary>A model with its steps that can predict.</summary>
/// <typeparam name="TBatch">What a batch is: a tensor, a tuple of tensors, a record.</typeparam>
/// <typeparam name="TPrediction">What is predicted for a batch: a tensor, a tuple, list or dictionary of tensors, numbers or texts.</typeparam>
public abstract class TrainingModule<TBatch, TPrediction> : TrainingModule<TBatch>
{
    /// <summary>Makes a module.</summary>
    /// <param name="name">Its name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Predicts for one batch, in evaluation mode, without gradients and inside a dispose scope of its own.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">Its number in the data, from zero.</param>
    /// <returns>The prediction; the trainer copies its tensors to the memory of the CPU.</returns>
    public abstract TPrediction PredictStep(TBatch batch, int batchIndex);
}
