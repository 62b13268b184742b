using System.Globalization;
using Fulgurite.Tests.Core.Optimizers;

namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>Runs with each optimizer that go on in a live Lightning, and runs of Lightning that go on here.</summary>
[TestClass]
[DoNotParallelize]
public sealed class LightningOptimizersTests
{
    private const int Batches = 5;

    [TestMethod]
    public async Task Fit_EveryOptimizerInAndFromALiveLightning_GoesOnBothWays()
    {
        using var directory = new TemporaryDirectory();
        var ours = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var item in OptimizerCase.All)
        {
            await FitAsync(item, 1, null, directory[item.Name]);
            ours[item.Name] = await FitAsync(item, 2, Path.Combine(directory[item.Name], "last.ckpt"), null);
        }

        var printed = PythonInterop.Run(
            "optimizers_in_lightning.py", [directory.Path, .. OptimizerCase.All.Select(item => $"{item.Name}={item.Python}")]);
        if (printed == "no lightning")
        {
            Assert.Inconclusive("Lightning is not importable: put it on PYTHONPATH.");
        }

        var lines = printed.ReplaceLineEndings("\n").Split('\n').Select(line => line.Split(' ')).ToList();
        Assert.HasCount(2 * OptimizerCase.All.Count, lines);
        var different = new List<string>();
        foreach (var line in lines)
        {
            var item = OptimizerCase.Of(line[0]);
            var expected = line[1] == "ours"
                ? ours[item.Name]
                : await FitAsync(item, 2, Path.Combine(directory[item.Name], "theirs.ckpt"), null);
            var found = line[2..].Select(value => float.Parse(value, CultureInfo.InvariantCulture)).ToArray();
            var difference = expected.Zip(found, (one, other) => Math.Abs(one - other)).Max();
            if (expected.Length != found.Length || !(difference <= Tolerance(item)))
            {
                different.Add($"{item.Name} {line[1]}: {difference:g3}");
            }
        }

        Assert.IsEmpty(different, string.Join(", ", different));
    }

    /// <summary>
    /// Returns how far the parameters may differ after five steps. The steps of NAdam in PyTorch before 2.0, and of RAdam, follow other
    /// formulas than TorchSharp's, and differ as much without any file.
    /// </summary>
    private static double Tolerance(OptimizerCase item) => item.Name switch
    {
        "nadam" or "nadam_decay" => 1e-4,
        "radam" or "radam_decay" => 5e-3,
        _ => 2e-6,
    };

    /// <summary>Fits up to an epoch, saves, and returns the parameters.</summary>
    private static async Task<float[]> FitAsync(OptimizerCase item, int epochs, string? resume, string? save)
    {
        using var module = new LinearModule(item);
        await using var io = new TorchCheckpointIO();
        var trainer = new Trainer(
            new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = epochs },
            save is null ? [] : [new ModelCheckpoint(new ModelCheckpointOptions { DirPath = save, SaveLast = true })]);
        await trainer.FitAsync(module, Data(), checkpointPath: resume);
        Assert.AreEqual(epochs * Batches, trainer.GlobalStep);
        return [.. module.parameters().SelectMany(parameter => parameter.detach().data<float>().ToArray())];
    }

    private static IEnumerable<Tensor> Data()
    {
        for (var batch = 0; batch < Batches; batch++)
        {
            yield return tensor(
                Enumerable.Range(0, 12).Select(
                    index => (float)((((batch * 13) + (index / 3 * 5) + (index % 3 * 7)) % 11 - 5) / 5.0)).ToArray(),
                [4, 3]);
        }
    }

    private sealed class LinearModule : TrainingModule<Tensor>
    {
        private readonly TorchSharp.Modules.Linear _layer = nn.Linear(3, 2);
        private readonly OptimizerCase _case;

        public LinearModule(OptimizerCase item)
            : base(nameof(LinearModule))
        {
            _case = item;
            RegisterComponents();
            using var _ = no_grad();
            _layer.weight.copy_(tensor([0.5f, -0.25f, 0.75f, -0.5f, 1.0f, 0.25f], [2, 3]));
            _layer.bias!.copy_(tensor([0.125f, -0.375f], [2]));
        }

        public override OptimizerSetup ConfigureOptimizers() => _case.Make(parameters());

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => (_layer.call(batch) - 1).pow(2).mean();
    }
}
