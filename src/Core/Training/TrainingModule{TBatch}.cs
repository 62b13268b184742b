using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A model with its steps.</summary>
/// <typeparam name="TBatch">What a batch is: a tensor, a tuple of tensors, a record.</typeparam>
public abstract class TrainingModule<TBatch> : TrainingModule
{
    /// <summary>Makes a module.</summary>
    /// <param name="name">Its name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Computes the loss of one batch, in training mode and inside a dispose scope of its own.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">Its number in the epoch, from zero.</param>
    /// <returns>A single number to minimise, or null to skip the batch.</returns>
    public abstract Tensor? TrainingStep(TBatch batch, int batchIndex);

    /// <summary>Evaluates one batch, in evaluation mode, without gradients and inside a dispose scope of its own.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">Its number in the validation, from zero.</param>
    public virtual void ValidationStep(TBatch batch, int batchIndex)
    {
    }

    /// <summary>Tests with one batch, in evaluation mode, without gradients and inside a dispose scope of its own.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">Its number in the test, from zero.</param>
    /// <exception cref="NotSupportedException">The module has no test: it does not override this.</exception>
    public virtual void TestStep(TBatch batch, int batchIndex) =>
        throw new NotSupportedException($"{GetType().Name} cannot be tested: override TestStep.");
}

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
