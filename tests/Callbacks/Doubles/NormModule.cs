using TorchSharp.Modules;
using TorchSharp.Utils;

namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>A small network in two parts, with a batch norm and dropout, so that buffers and random numbers count.</summary>
internal sealed class NormModule : TrainingModule<Tensor>
{
    [ComponentName(Name = "backbone")]
    private readonly Sequential _backbone = nn.Sequential(
        ("first", nn.Linear(3, 5)), ("norm", nn.BatchNorm1d(5)), ("drop", nn.Dropout(0.25)));
    [ComponentName(Name = "head")]
    private readonly Linear _head = nn.Linear(5, 1);

    public NormModule(Func<NormModule, optim.Optimizer>? optimizer = null)
        : base(nameof(NormModule))
    {
        Optimizer = optimizer ?? (module => optim.Adam(module.parameters(), 0.01));
        RegisterComponents();
    }

    public Sequential Backbone => _backbone;

    public Linear Head => _head;

    public List<double> Losses { get; } = [];

    public List<double> ValidationLosses { get; } = [];

    /// <summary>What it brings along for itself.</summary>
    public Func<IEnumerable<Callback>> OwnCallbacks { get; init; } = () => [];

    private Func<NormModule, optim.Optimizer> Optimizer { get; }

    public Func<NormModule, OptimizerSetup>? Setup { get; init; }

    /// <summary>Gathers the learning rate of every optimizer step.</summary>
    public List<double>? StepRates { get; set; }

    /// <summary>Runs in each training step, with its number from one.</summary>
    public Action<int>? AtStep { get; set; }

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Stepped)
        {
            StepRates?.Add(arguments.Trainer.Optimizers[0].ParamGroups.First().LearningRate);
        }
    }

    public override OptimizerSetup ConfigureOptimizers() => Setup is null ? Optimizer(this) : Setup(this);

    public override IEnumerable<Callback> ConfigureCallbacks() => OwnCallbacks();

    public override Tensor? TrainingStep(Tensor batch, int batchIndex)
    {
        var loss = Loss(batch);
        Losses.Add(loss.item<float>());
        AtStep?.Invoke(Losses.Count);
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex)
    {
        var loss = Loss(batch);
        ValidationLosses.Add(loss.item<float>());
        Log("val_loss", loss);
    }

    /// <summary>The elements of a tensor of the state.</summary>
    public float[] Values(string name) => state_dict()[name].data<float>().ToArray();

    private Tensor Loss(Tensor batch) => (_head.call(_backbone.call(batch)) - batch.sum(1, keepdim: true)).square().mean();
}
