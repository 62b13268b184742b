using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Callbacks.Progress;

[TestClass]
public sealed partial class ProgressLineTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _screen.Dispose();

    [TestMethod]
    public void Fit_NotInteractive_AddsALineForEveryValidationAndOneForTheEnd()
    {
        Fit(interactive: false, new TrainerOptions { MaxEpochs = 2, ValidationInterval = 3 });

        string[] lines = _screen.ToString().TrimEnd('\n').Split('\n');
        Assert.HasCount(3, lines);
        Assert.StartsWith("epoch 1  75% step 3 1.0/s left 00:01 loss ", lines[0]);
        Assert.StartsWith("epoch 2  75% step 7 1.0/s left 00:01 loss ", lines[1]);
        Assert.StartsWith("epoch 2 100% step 8 1.0/s loss ", lines[2]);
    }

    [TestMethod]
    public void Fit_ValidationAtTheLastStep_IsNotSaidTwice()
    {
        Fit(interactive: false, new TrainerOptions { MaxSteps = 2, ValidationInterval = 2 });

        Assert.HasCount(1, _screen.ToString().TrimEnd('\n').Split('\n'));
    }

    [TestMethod]
    public void Fit_Interactive_RedrawsOneLineWithinItsWidth()
    {
        Fit(interactive: true, new TrainerOptions { MaxEpochs = 1, ValidationInterval = 4 });

        string[] drawn = _screen.ToString().TrimEnd('\n').Split('\r');
        Assert.AreEqual(string.Empty, drawn[0]);
        Assert.HasCount(5, drawn[1..], "four batches and the validation");
        Assert.IsLessThan(30, drawn.Max(line => line.Length));
        Assert.DoesNotContain("\n", drawn[^1]);
    }

    [TestMethod]
    [DataRow(160, "epoch 1 100% step 4 1.0/s saved 1 loss #.### val_loss 0.500")]
    [DataRow(61, "epoch 1 100% step 4 1.0/s saved 1 loss #.### val_loss 0.500", DisplayName = "just enough room")]
    [DataRow(60, "epoch 1 100% step 4 1.0/s saved 1 loss #.###", DisplayName = "no room for the metric")]
    [DataRow(40, "epoch 1 100% step 4 1.0/s saved 1")]
    [DataRow(20, "epoch 1 100% step 4", DisplayName = "the least width")]
    public void Fit_Interactive_ShowsSavesBeforeMetricsAndWholeFieldsOnly(int width, string expected)
    {
        TorchSharp.torch.random.manual_seed(1);
        using var module = new ScriptedModule(0.5) { ShowLoss = true };
        var io = new HeldCheckpointIO { Open = true };
        var progress = new ProgressLine(_screen, new ProgressLineOptions { Interactive = true, Width = width }, _time);
        new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 1, ValidationInterval = 4 },
            [new SecondsPass(_time), new SavesAt(step: 3), progress]).Fit(module, ScriptedModule.Data(4), ScriptedModule.Data(1));

        var last = _screen.ToString().TrimEnd('\n').Split('\r')[^1].TrimEnd(' ');
        Assert.AreEqual(expected, Loss().Replace(last, "loss #.###", 1));
    }

    [TestMethod]
    public void Fit_ResumedAtItsEnd_ShowsNoRate()
    {
        var io = new HeldCheckpointIO { Open = true };
        Run(null);
        _screen.GetStringBuilder().Clear();
        Run("end.ckpt");

        Assert.AreEqual("epoch 1 100% step 4", _screen.ToString().TrimEnd());

        void Run(string? from)
        {
            using var module = new ScriptedModule();
            var progress = new ProgressLine(_screen, null, _time);
            new Trainer(
                new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1 }, [progress, new SecondsPass(_time), new SavesAt(4)])
                .Fit(module, ScriptedModule.Data(4), null, from);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_FailsWithALiveLine_LeavesItComplete(bool interactive)
    {
        using var module = new ScriptedModule();
        var progress = new ProgressLine(
            _screen, new ProgressLineOptions { Interactive = interactive, RefreshInterval = TimeSpan.Zero }, _time);
        var failing = new LambdaCallback().On<OnTrainBatchEndArguments>(
            arguments => _ = arguments.Trainer.GlobalStep == 2 ? throw new InvalidDataException("broken") : 0);

        Assert.ThrowsExactly<InvalidDataException>(() => new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [progress, failing]).Fit(module, ScriptedModule.Data(4)));

        Assert.AreEqual(interactive, _screen.ToString().EndsWith('\n'), "a line that is not drawn over needs no end");
        Assert.AreEqual(interactive, _screen.ToString().Contains("step 2", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Fit_StepsWithoutALoss_ShowTheLastOne()
    {
        using var module = new PolicyModule { StepsByHand = true };
        var progress = new ProgressLine(_screen, time: _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false }, [progress])
            .Fit(module, PolicyModule.Data(2));

        Assert.StartsWith("epoch 1 100% step 2", _screen.ToString());
        Assert.DoesNotContain("loss", _screen.ToString());
    }

    private void Fit(bool interactive, TrainerOptions options)
    {
        options.EnableCheckpointing = false;
        using var module = new ScriptedModule(0.5, 0.4, 0.3, 0.2);
        var progress = new ProgressLine(_screen, new ProgressLineOptions { Interactive = interactive, Width = 30 }, _time);
        new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), options, [new SecondsPass(_time), progress])
            .Fit(module, ScriptedModule.Data(4), ScriptedModule.Data(1));
    }

    /// <summary>The start and every batch take a second.</summary>
    private sealed class SecondsPass(FakeTimeProvider time) : Callback
    {
        public override void OnTrainStart(OnTrainStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));

        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));
    }

    private sealed class SavesAt(long step) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == step)
            {
                arguments.Trainer.SaveCheckpoint("end.ckpt");
            }
        }
    }

    [GeneratedRegex(@"loss -\d\.\d{3,4}", RegexOptions.None, 1000)]
    private static partial Regex Loss();
}
