namespace Fulgurite;

/// <summary>The top-level keys of a checkpoint. All but the last are those of PyTorch Lightning.</summary>
public static class CheckpointKeys
{
    /// <summary>The number of completed epochs.</summary>
    public const string Epoch = "epoch";

    /// <summary>The number of completed optimizer steps.</summary>
    public const string GlobalStep = "global_step";

    /// <summary>The Lightning version of the file layout.</summary>
    public const string LightningVersion = "pytorch-lightning_version";

    /// <summary>The parameters and buffers of the module, by name.</summary>
    public const string StateDict = "state_dict";

    /// <summary>The loop counters of Lightning; empty in files of this framework, which has its own.</summary>
    public const string Loops = "loops";

    /// <summary>The states of callbacks, by key.</summary>
    public const string Callbacks = "callbacks";

    /// <summary>The states of optimizers, in order.</summary>
    public const string OptimizerStates = "optimizer_states";

    /// <summary>The states of learning rate schedulers, in order.</summary>
    public const string LrSchedulers = "lr_schedulers";

    /// <summary>The hyperparameters of the module.</summary>
    public const string HyperParameters = "hyper_parameters";

    /// <summary>The additional state of this framework: progress, RNG state, metrics, accumulated gradients.</summary>
    public const string Fulgurite = "fulgurite";
}
