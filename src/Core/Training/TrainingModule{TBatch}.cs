using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The base class of models with a training step.</summary>
/// <typeparam name="TBatch">The type of a batch: a tensor, a tuple of tensors, a record.</typeparam>
public abstract class TrainingModule<TBatch> : TrainingModule
{
    /// <summary>Initializes a module.</summary>
    /// <param name="name">The name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Computes the loss of one batch, in training mode and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the epoch.</param>
    /// <returns>The loss, a one-element tensor, or null to skip the batch.</returns>
    public abstract Tensor? TrainingStep(TBatch batch, int batchIndex);

    /// <summary>Evaluates one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the validation.</param>
    public virtual void ValidationStep(TBatch batch, int batchIndex)
    {
    }

    /// <summary>Tests one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the test.</param>
    /// <exception cref="NotSupportedException">The module does not override this method.</exception>
    public virtual void TestStep(TBatch batch, int batchIndex) =>
        throw new NotSupportedException($"{GetType().Name} does not support testing. Override TestStep.");
}

/// <summary>The base class of models with a training step and a prediction step.</summary>
/// <typeparam name="TBatch">The type of a batch: a tensor, a tuple of tensors, a record.</typeparam>
/// <typeparam name="TPrediction">
/// The type of the prediction for a batch: a tensor, or a tuple, list or dictionary of tensors, numbers or strings.
/// </typeparam>
public abstract class TrainingModule<TBatch, TPrediction> : TrainingModule<TBatch>
{
    /// <summary>Initializes a module.</summary>
    /// <param name="name">The name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Predicts for one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the data.</param>
    /// <returns>The prediction. The trainer copies its tensors to CPU memory.</returns>
    public abstract TPrediction PredictStep(TBatch batch, int batchIndex);
}
