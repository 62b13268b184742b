using Fulgurite.Callbacks;
using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/resume.md.</summary>
[TestClass]
public sealed class ResumeSnippets
{
    [TestMethod]
    public async Task Run_FromLast_Resumes()
    {
        using var folder = new TemporaryDirectory();
        using var module = new Classifier(hidden: 5);
        var data = Toy.Data();
        var validationData = Toy.Data();
        await using var first = Saving(folder, epochs: 1);
        first.Fit(module, data, validationData);
        await using var trainer = Saving(folder, epochs: 2);

        trainer.Fit(module, data, validationData, checkpointPath: "last");   // or "best", or a path

        Assert.AreEqual(8, trainer.GlobalStep);
        Made(trainer);
    }

    [TestMethod]
    public async Task Signals_NoneReceived_ExitCodeIsZero()
    {
        using var folder = new TemporaryDirectory();
        await using var trainer = Trainer.Create(b => b.Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (1, folder.Path)));

        Assert.AreEqual(0, await MainAsync(trainer, resume: null));
    }

    [TestMethod]
    public void Kernels_AreRequested()
    {
        ReproducibleKernels.Request();   // first in Main

        Assert.AreNotEqual(KernelReproducibility.TooLate, ReproducibleKernels.Request());
    }

    private static Trainer Saving(TemporaryDirectory folder, int epochs) =>
        Trainer.Create(
            b => b.Configure(
                o => (o.MaxEpochs, o.DefaultRootDirectory) = (epochs, folder.Path)).AddCallback<ModelCheckpoint>(o => o.SaveLast = true));

    private static async Task<int> MainAsync(Trainer trainer, string? resume)
    {
        using var module = new Classifier(hidden: 5);
        var data = Toy.Data();

        using var signals = TerminationSignals.Listen(_ => Console.Error.WriteLine("Stopping; Ctrl-C to stop at once."));
        await trainer.FitAsync(module, data, checkpointPath: resume, cancellationToken: signals.Token);
        return signals.ExitCode;   // 0, 130 after Ctrl-C, 143 after SIGTERM
    }

    private static void Made(Trainer trainer)
    {
        using var module = trainer.LoadFromCheckpoint("last", made => new Classifier((int)made["hidden"].AsInteger()));
        StateMap made = trainer.ReadHyperParameters("last");

        Assert.AreEqual(5, made["hidden"].AsInteger());
        Assert.AreEqual(5, module.Hidden);
    }

    private sealed class Classifier : TrainingModule<Tensor>
    {
        private readonly Linear _first;
        private readonly Linear _second;

        public Classifier(int hidden)
            : base(nameof(Classifier))
        {
            (Hidden, _first, _second) = (hidden, nn.Linear(2, hidden), nn.Linear(hidden, 1));
            RegisterComponents();
        }

        public int Hidden { get; }

        public override StateMap HyperParameters => new() { ["hidden"] = Hidden };

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 1e-3);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => _second.call(_first.call(batch)).square().mean();

        public override void ValidationStep(Tensor batch, int batchIndex) => Log("val_loss", TrainingStep(batch, batchIndex));
    }
}
