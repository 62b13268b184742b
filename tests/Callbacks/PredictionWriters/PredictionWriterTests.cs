using Fulgurite.Tests.Core.Doubles;
using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.PredictionWriters;

[TestClass]
public sealed class PredictionWriterTests
{
    [TestMethod]
    [DataRow(WriteInterval.Batch, 3, 0)]
    [DataRow(WriteInterval.Epoch, 0, 1)]
    [DataRow(WriteInterval.BatchAndEpoch, 3, 1)]
    public void Predict_Interval_SaysWhenItWrites(WriteInterval interval, int batches, int epochs)
    {
        var writer = Predict(interval);

        Assert.HasCount(batches, writer.Batches);
        Assert.HasCount(epochs, writer.Epochs);
        Assert.AreSequenceEqual(batches == 0 ? [] : new[] { 0f, 4, 8 }, writer.Batches);
        Assert.AreSequenceEqual(epochs == 0 ? [] : new[] { 0f, 4, 8 }, writer.Epochs.SelectMany(sums => sums));
    }

    [TestMethod]
    public void Predict_KeptPredictions_AreCopiesThatAreGivenBack()
    {
        SummingWriter? writer = null;

        var left = LiveTensors.LeftBy(() => writer = Predict(WriteInterval.Epoch), () => new DoublingModule().Dispose());

        Assert.AreEqual(0, left);
        Assert.HasCount(1, writer!.Epochs);
    }

    [TestMethod]
    public void Predict_NestedPredictions_KeepTheirFormAndAreGivenBack()
    {
        var kept = new List<object?>();
        var left = LiveTensors.LeftBy(() =>
        {
            kept.Clear();
            using var scope = NewDisposeScope();
            using var module = new NestedModule();
            var data = Enumerable.Range(0, 5)
                .Select(index => full([2], index, dtype: ScalarType.Float32).DetachFromDisposeScope())
                .ToList();
            new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), callbacks: [new ShapeWriter(kept)])
                .Predict(module, data, keepPredictions: false);
            data.ForEach(batch => batch.Dispose());
        }, () => new NestedModule().Dispose());

        Assert.AreSequenceEqual<object?>(["{a: 0, b: [0, name]}", "[2, null]", "text", "7", "null"], kept);
        Assert.AreEqual(0, left, "tensors in dictionaries and lists too");
    }

    private sealed class ShapeWriter(List<object?> kept) : PredictionWriter(WriteInterval.Epoch)
    {
        protected override void WriteEpoch(OnPredictEpochEndArguments arguments, IReadOnlyList<object?> predictions) =>
            kept.AddRange(predictions.Select(Text));

        private static string Text(object? value) => value switch
        {
            null => "null",
            Tensor tensor => tensor.sum().item<float>().ToString(System.Globalization.CultureInfo.InvariantCulture),
            Dictionary<object, object?> map => $"{{{string.Join(", ", map.Select(entry => $"{entry.Key}: {Text(entry.Value)}"))}}}",
            object?[] items => $"[{string.Join(", ", items.Select(Text))}]",
            _ => value.ToString()!,
        };
    }

    private sealed class NestedModule : TrainingModule<Tensor, object?>
    {
        private readonly Linear _layer = nn.Linear(1, 1);

        public NestedModule()
            : base(nameof(NestedModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;

        public override object? PredictStep(Tensor batch, int batchIndex) => batchIndex switch
        {
            0 => new Dictionary<string, object>(StringComparer.Ordinal) { ["a"] = batch * 2, ["b"] = (batch * 3, "name") },
            1 => new List<object?> { batch * 1, null },
            2 => "text",
            3 => 7,
            _ => null,
        };
    }

    private static SummingWriter Predict(WriteInterval interval)
    {
        using var scope = NewDisposeScope();
        using var module = new DoublingModule();
        var writer = new SummingWriter(interval);
        var data = Enumerable.Range(0, 3).Select(index => full([2], index, dtype: ScalarType.Float32).DetachFromDisposeScope()).ToList();
        new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), callbacks: [writer]).Predict(module, data, keepPredictions: false);
        data.ForEach(batch => batch.Dispose());
        return writer;
    }

    private sealed class SummingWriter(WriteInterval interval) : PredictionWriter(interval)
    {
        public List<float> Batches { get; } = [];

        public List<float[]> Epochs { get; } = [];

        protected override void WriteBatch(OnPredictBatchEndArguments arguments) =>
            Batches.Add((((Tensor, string))arguments.Prediction!).Item1.sum().item<float>());

        protected override void WriteEpoch(OnPredictEpochEndArguments arguments, IReadOnlyList<object?> predictions) =>
            Epochs.Add([.. predictions.Select(prediction => ((Tensor)((object?[])prediction!)[0]!).sum().item<float>())]);
    }

    private sealed class DoublingModule : TrainingModule<Tensor, (Tensor, string)>
    {
        private readonly Linear _layer = nn.Linear(1, 1);

        public DoublingModule()
            : base(nameof(DoublingModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;

        public override (Tensor, string) PredictStep(Tensor batch, int batchIndex) => (batch * 2, "doubled");
    }
}
