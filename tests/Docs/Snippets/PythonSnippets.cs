using Fulgurite.Callbacks;
using Fulgurite.Tests.Docs.Pages;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>Follows docs/reading-from-python.md: trains here, continues in Python, resumes here.</summary>
[TestClass]
public sealed class PythonSnippets
{
    [TestMethod]
    public async Task Checkpoint_ContinuedInPython_Resumes()
    {
        using var folder = new TemporaryDirectory();
        using var module = new Waves();
        var data = Waves.Data();
        await using (var first = Make(folder, epochs: 1))
        {
            first.Fit(module, data);
            File.Copy(first.CheckpointCallback!.LastModelPath!, folder["last.ckpt"]);
        }

        var page = Tree.Pages.Single(page => page.Name == Path.Combine("docs", "reading-from-python.md"));
        var printed = PythonInterop.Run(
            "run_block.py",
            folder.Path,
            string.Join('\n', page.Blocks.Where(block => block.Language == "python").Select(block => block.Text)));

        Assert.AreSequenceEqual(["1 4", "0.01"], printed.Split('\n').Select(line => line.Trim()));
        await using var trainer = Make(folder, epochs: 2);
        Directory.SetCurrentDirectory(folder.Path);
        try
        {
            await ReadAsync(trainer, module, data);
        }
        finally
        {
            Directory.SetCurrentDirectory(AppContext.BaseDirectory);
        }
    }

    private static async Task ReadAsync(Trainer trainer, Waves module, DataSource<Tensor> data)
    {
        trainer.LoadWeights(module, "from_python.ckpt");
        using var weights = module.parameters().First().detach().clone();

        await using var io = new TorchCheckpointIO();
        using var state = await io.LoadCheckpointAsync("from_python.ckpt", null, default);
        Console.WriteLine(state["global_step"].AsInteger());

        using var saved = state.Find("state_dict._layers.0.weight")!.AsTensor().ToTensor();
        Assert.IsTrue(weights.Equals(saved), "the weights trained in Python");
        Assert.AreEqual(5, Steps(state), "the step made in Python");

        using (var foreign = new TrainingState { ["model"] = Wrapped(state["state_dict"].AsMap()) })
        {
            await io.SaveCheckpointAsync(foreign, "foreign.pt", null, default);
        }

        var network = module;
        network.SaveWeights("weights.safetensors");
        trainer.LoadWeights(module, "weights.safetensors");

        var options = new WeightsOptions { Part = "model", DropPrefix = "module.", SkipOtherShapes = true };
        WeightsReport report = trainer.LoadWeights(module, "foreign.pt", options);
        Console.WriteLine($"{report.Loaded} loaded; other shapes: {string.Join(", ", report.OtherShapes)}");
        Assert.AreEqual(module.state_dict().Count, report.Loaded);

        trainer.Fit(module, data, checkpointPath: "from_python.ckpt");
        Assert.AreEqual(8, trainer.GlobalStep);
        using var last = await io.LoadCheckpointAsync(trainer.CheckpointCallback!.LastModelPath!, null, default);
        Assert.AreEqual(9, Steps(last), "Adam continued from Python's step");
    }

    /// <summary>Names as a wrapper of PyTorch gives them.</summary>
    private static StateMap Wrapped(StateMap weights)
    {
        var wrapped = new StateMap();
        foreach (var (name, value) in weights)
        {
            wrapped[$"module.{name}"] = value;
        }

        return wrapped;
    }

    private static int Steps(TrainingState state)
    {
        using var step = state.Find("optimizer_states.0.state.0.step")!.AsTensor().ToTensor();
        return (int)step.to(ScalarType.Float32).item<float>();
    }

    private static Trainer Make(TemporaryDirectory folder, int epochs) =>
        Trainer.Create(
            b => b.Configure(
                o => (o.MaxEpochs, o.DefaultRootDirectory) = (epochs, folder.Path)).AddCallback<ModelCheckpoint>(o => o.SaveLast = true));

    private sealed class Waves : TrainingModule<Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1));

        public Waves()
            : base(nameof(Waves)) => RegisterComponents();

        public static DataSource<Tensor> Data() => DataSource.FromTensors(rand(64, 2), new() { BatchSize = 16 });

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 1e-2);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) =>
            (_layers.call(batch) - batch.sum(1, keepdim: true)).square().mean();
    }
}
