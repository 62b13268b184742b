using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/callbacks.md.</summary>
[TestClass]
public sealed class CallbackSnippets
{
    private readonly List<int> _epochs = [];

    [TestMethod]
    public void Callbacks_AreAdded()
    {
        var services = new ServiceCollection();
        var builder = services.AddTrainer(o => (o.MaxEpochs, o.EnableCheckpointing) = (2, false));

        builder.AddCallback<EarlyStopping>(options => options.Patience = 5);
        builder.AddCallback(new LambdaCallback().On<OnTrainEpochEndArguments>(arguments => Report(arguments.Trainer.CurrentEpoch)));
        builder.AddCallback<GradientAccumulationScheduler>(options => options.Scheduling[4] = 8);
        builder.AddCallback<ExponentialMovingAverage>(options => options.Decay = 0.999);

        using var provider = services.BuildServiceProvider();
        var trainer = provider.GetRequiredService<Trainer>();
        using var module = new Toy();
        trainer.Fit(module, Toy.Data(), Toy.Data());
        Assert.HasCount(4, trainer.Callbacks);
        Assert.AreEqual(5, trainer.Callbacks.OfType<EarlyStopping>().Single().Options.Patience);
        Assert.HasCount(2, _epochs);
    }

    [TestMethod]
    public async Task Searches_Run_LeaveNoTrace()
    {
        await using var trainer = Silent.Trainer(o => o.MaxEpochs = 1);
        using var module = new Toy();
        var trainData = MakeData(8).ToList();

        var curve = trainer.FindLearningRate(module, trainData);
        Console.WriteLine(curve);
        var search = trainer.FindBatchSize(module, size => MakeData(size));

        Assert.IsGreaterThan(3, curve.Points.Count);
        Assert.AreEqual(65536, search.BatchSize);
    }

    [TestMethod]
    public async Task Finetuning_FrozenBackbone_TrainsTheRest()
    {
        await using var trainer = Silent.Trainer(o => o.MaxEpochs = 1);
        using var module = new Frozen();

        trainer.Fit(module, Toy.Data());

        Assert.AreEqual(2, module.TrainedTensors);
    }

    private static IEnumerable<Tensor> MakeData(int size)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            yield return ones(size, 2);
        }
    }

    private void Report(int epoch) => _epochs.Add(epoch);

    private sealed class Frozen : TrainingModule<Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _backbone = nn.Linear(2, 2);
        private readonly nn.Module<Tensor, Tensor> _head = nn.Linear(2, 1);

        public Frozen()
            : base(nameof(Frozen))
        {
            RegisterComponents();
            ModuleFreezer.Freeze(_backbone);
        }

        public int TrainedTensors { get; private set; }

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(ModuleFreezer.TrainedParameters(this), lr: 1e-3);

        public override Tensor TrainingStep(Tensor batch, int batchIndex)
        {
            TrainedTensors = Trainer.Optimizers[0].parameters().Count();
            return _head.call(_backbone.call(batch)).square().mean();
        }
    }
}
