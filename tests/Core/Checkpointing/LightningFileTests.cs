using Fulgurite.Schedulers;
using Fulgurite.Tests.IO;

namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>A training that PyTorch began goes on here, from a file in Lightning's layout.</summary>
[TestClass]
public sealed class LightningFileTests
{
    private const string Script = """
        import sys, torch
        torch.set_num_threads(1); torch.manual_seed(7)
        net = torch.nn.Sequential(); net.add_module("_hidden", torch.nn.Linear(4, 8)); net.add_module("_output", torch.nn.Linear(8, 1))
        adam = torch.optim.Adam(net.parameters(), lr=0.05); sgd = None
        steps = torch.optim.lr_scheduler.StepLR(adam, 1, 0.5)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 6)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=0.9, patience=0)

        def batch(e, b):
            x = torch.tensor([[((e * 1000 + b * 31 + i * 7 + j * 13) % 17) / 17 for j in range(4)] for i in range(5)])
            return x, x[:, :1] - 2 * x[:, 1:2]

        def file(path, epoch, step, epochs, batches, last):
            def progress(**k): return {"total": dict(k), "current": dict(k)}
            torch.save({
                "epoch": epoch, "global_step": step, "pytorch-lightning_version": "2.5.0", "state_dict": net.state_dict(),
                "loops": {
                    "fit_loop": {
                        "state_dict": {}, "epoch_progress": progress(**epochs), "epoch_loop.state_dict": {"_batches_that_stepped": step},
                        "epoch_loop.batch_progress": {**progress(**batches), "is_last_batch": last},
                        "epoch_loop.scheduler_progress": progress(ready=step, completed=step),
                        "epoch_loop.automatic_optimization.state_dict": {},
                        "epoch_loop.automatic_optimization.optim_progress": {"optimizer": {"step": progress(ready=step, completed=step)}},
                        "epoch_loop.val_loop.state_dict": {},
                    },
                    "validate_loop": {"state_dict": {}}, "test_loop": {"state_dict": {}}, "predict_loop": {"state_dict": {}},
                },
                "callbacks": {
                    "EarlyStopping{'monitor': 'val_loss', 'mode': 'min'}":
                        {"wait_count": 0, "stopped_epoch": 0, "best_score": torch.tensor(0.5), "patience": 3},
                    "ModelCheckpoint{'monitor': None, 'mode': 'min', 'every_n_train_steps': 0, 'every_n_epochs': 1, 'train_time_interval': None}":
                        {"monitor": None, "best_model_score": None, "best_model_path": "a.ckpt", "best_k_models": {},
                         "last_model_path": ""},
                },
                "optimizer_states": [adam.state_dict()], "lr_schedulers": [s.state_dict() for s in (steps, cosine, plateau)],
                "hparams_name": "kwargs", "hyper_parameters": {"hidden": 8, "rate": 0.05, "words": ["a", "b"]},
            }, sys.argv[1] + path)

        step = 0
        for e in range(4):
            for b in range(3):
                x, y = batch(e, b)
                adam.zero_grad(); loss = torch.nn.functional.mse_loss(net._output(torch.relu(net._hidden(x))), y); loss.backward()
                adam.step(); step += 1
                cosine.step()
                if b == 2: steps.step()
                if (e, b) == (1, 1):
                    file("/middle.ckpt", 1, step, dict(ready=2, started=2, processed=1, completed=1),
                         dict(ready=2, started=2, processed=2, completed=1), False)
            plateau.step(loss.item())
            if e == 1:
                file("/end.ckpt", 1, step, dict(ready=2, started=2, processed=2, completed=1),
                     dict(ready=3, started=3, processed=3, completed=3), True)
        file("/trained.ckpt", 4, step, dict(ready=4, started=4, processed=4, completed=4),
             dict(ready=3, started=3, processed=3, completed=3), True)
        """;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"fulgurite-lightning-{Environment.ProcessId}");
    private static readonly Lazy<string> Python = new(() => PythonInterop.RunText(Script, Directory.CreateDirectory(Folder).FullName));

    [ClassCleanup]
    public static void RemoveFiles()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    [TestMethod]
    [DataRow("end.ckpt", 6)]
    [DataRow("middle.ckpt", 7)]
    [TestProperty("Behaviour", "RS3")]
    public async Task Fit_FromAFileOfLightning_GoesOnAsPythonWentOn(string file, int batches)
    {
        _ = Python.Value;
        var messages = new CollectingLogger(LogLevel.Warning);
        await using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var module = new PythonModule();
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 4 }, loggerFactory: messages);

        var result = trainer.Fit(module, new PythonData(), checkpointPath: Path.Combine(Folder, file));

        Assert.AreEqual(12L, result.GlobalStep);
        Assert.AreEqual(4, result.EpochsCompleted);
        Assert.AreEqual(batches, module.Batches, "nothing twice and nothing left out");
        using var trained = await new TorchCheckpointIO().LoadCheckpointAsync(
            Path.Combine(Folder, "trained.ckpt"), null, CancellationToken.None);
        foreach (var (name, tensor) in module.state_dict())
        {
            using var expected = trained["state_dict"].AsMap()[name].AsTensor().ToTensor();
            var (there, here) = (expected.data<float>().ToArray(), tensor.data<float>().ToArray());
            for (var index = 0; index < there.Length; index++)
            {
                Assert.AreEqual(there[index], here[index], 1e-5, $"{name}, {index}");
            }
        }

        Assert.AreEqual(trained.Find("optimizer_states.0.param_groups.0.lr")!.AsReal(), module.Rate, 1e-12);
        var unused = messages.Messages.Single(message => message.Contains("callbacks", StringComparison.Ordinal));
        Assert.Contains("EarlyStopping{'monitor': 'val_loss', 'mode': 'min'}", unused);
        Assert.Contains("ModelCheckpoint{'monitor': None", unused);
    }

    [TestMethod]
    [TestProperty("Behaviour", "HP1")]
    public async Task ReadHyperParameters_OfLightning_AreAMap()
    {
        _ = Python.Value;
        await using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());

        var made = new Trainer(strategy).ReadHyperParameters(Path.Combine(Folder, "end.ckpt"));

        Assert.AreEqual(8, made["hidden"].AsInteger());
        Assert.AreEqual("b", made["words"].AsList()[1].AsText());
    }

    private sealed class PythonData : Fulgurite.IBatchSource<(Tensor Inputs, Tensor Targets)>
    {
        public int? BatchCount => 3;

        public IEnumerable<(Tensor Inputs, Tensor Targets)> GetBatches(int epoch, int skip)
        {
            for (var index = skip; index < 3; index++)
            {
                var inputs = new float[20];
                for (var place = 0; place < 20; place++)
                {
                    inputs[place] = (float)(((epoch * 1000) + (index * 31) + (place / 4 * 7) + (place % 4 * 13)) % 17 / 17.0);
                }

                yield return (
                    tensor(inputs, [5, 4]),
                    tensor([.. Enumerable.Range(0, 5).Select(row => inputs[row * 4] - (2 * inputs[(row * 4) + 1]))], [5, 1]));
            }
        }

        public IEnumerator<(Tensor Inputs, Tensor Targets)> GetEnumerator() => GetBatches(0, 0).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class PythonModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _hidden = nn.Linear(4, 8);
        private readonly Linear _output = nn.Linear(8, 1);
        private optim.Optimizer? _optimizer;

        public PythonModule()
            : base(nameof(PythonModule)) => RegisterComponents();

        public int Batches { get; private set; }

        public double Rate { get; private set; }

        public override OptimizerSetup ConfigureOptimizers()
        {
            _optimizer = optim.Adam(parameters(), 0.05);
            return new OptimizerSetup(
                _optimizer,
                new StepLR(_optimizer, 1, 0.5),
                new SchedulerConfiguration(new CosineAnnealingLR(_optimizer, 6)) { Interval = SchedulerInterval.Step },
                new SchedulerConfiguration(new ReduceLROnPlateau(_optimizer, factor: 0.9, patience: 0)) { Monitor = "last_loss" });
        }

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            Batches++;
            var loss = nn.functional.mse_loss(_output.call(nn.functional.relu(_hidden.call(batch.Inputs))), batch.Targets);
            if (batchIndex == 2)
            {
                Log("last_loss", loss);
            }

            return loss;
        }

        public override void OnTrainEnd(OnTrainEndArguments arguments) => Rate = _optimizer!.ParamGroups.First().LearningRate;
    }
}
