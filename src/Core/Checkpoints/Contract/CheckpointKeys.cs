namespace Fulgurite;

/// <summary>The keys at the top of a checkpoint. All but the last are those of PyTorch Lightning.</summary>
public static class CheckpointKeys
{
    /// <summary>Epochs completed.</summary>
    public const string Epoch = "epoch";

    /// <summary>Optimizer steps done.</summary>
    public const string GlobalStep = "global_step";

    /// <summary>The version of Lightning whose layout the file follows.</summary>
    public const string LightningVersion = "pytorch-lightning_version";

    /// <summary>Parameters and buffers of the module by name.</summary>
    public const string StateDict = "state_dict";

    /// <summary>Lightning's loop counters; empty in files of this framework, which keeps its own.</summary>
    public const string Loops = "loops";

    /// <summary>State of callbacks by key.</summary>
    public const string Callbacks = "callbacks";

    /// <summary>State of optimizers, in order.</summary>
    public const string OptimizerStates = "optimizer_states";

    /// <summary>State of learning-rate schedulers, in order.</summary>
    public const string LrSchedulers = "lr_schedulers";

    /// <summary>What the module was made with.</summary>
    public const string HyperParameters = "hyper_parameters";

    /// <summary>What this framework keeps besides: progress, random numbers, metrics, waiting gradients.</summary>
    public const string Fulgurite = "fulgurite";
}
