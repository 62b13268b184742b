namespace Fulgurite.Tests.Metrics;

[TestClass]
public sealed class ExpectedValueTests
{
    private const double Tolerance = 1e-9;

    private static readonly Dictionary<string, Func<(Metric Metric, Action<Tensor, Tensor> Update)>> Factories = new(StringComparer.Ordinal)
    {
        ["accuracy.binary"] = () => Of(Accuracy.Binary()),
        ["accuracy.multiclass"] = () => Of(Accuracy.MultiClass()),
        ["accuracy.top2"] = () => Of(Accuracy.MultiClass(topK: 2)),
        ["accuracy.multilabel.subset"] = () => Of(Accuracy.MultiLabel()),
        ["accuracy.multilabel.each"] = () => Of(Accuracy.MultiLabel(subset: false)),
        ["precision.binary"] = () => Of(PrecisionScore.Binary()),
        ["precision.multiclass.macro"] = () => Of(PrecisionScore.MultiClass(4)),
        ["precision.multiclass.micro"] = () => Of(PrecisionScore.MultiClass(4, Averaging.Micro)),
        ["precision.multilabel.macro"] = () => Of(PrecisionScore.MultiLabel(5)),
        ["precision.multilabel.micro"] = () => Of(PrecisionScore.MultiLabel(5, Averaging.Micro)),
        ["recall.binary"] = () => Of(RecallScore.Binary()),
        ["recall.multiclass.macro"] = () => Of(RecallScore.MultiClass(4)),
        ["recall.multiclass.micro"] = () => Of(RecallScore.MultiClass(4, Averaging.Micro)),
        ["recall.multilabel.macro"] = () => Of(RecallScore.MultiLabel(5)),
        ["recall.multilabel.micro"] = () => Of(RecallScore.MultiLabel(5, Averaging.Micro)),
        ["f1.binary"] = () => Of(F1Score.Binary()),
        ["f1.multiclass.macro"] = () => Of(F1Score.MultiClass(4)),
        ["f1.multiclass.micro"] = () => Of(F1Score.MultiClass(4, Averaging.Micro)),
        ["f1.multiclass.absent"] = () => Of(F1Score.MultiClass(6)),
        ["f1.multilabel.macro"] = () => Of(F1Score.MultiLabel(5)),
        ["f1.multilabel.micro"] = () => Of(F1Score.MultiLabel(5, Averaging.Micro)),
        ["auroc.binary"] = () => Of(Auroc.Binary()),
        ["auroc.multiclass"] = () => Of(Auroc.MultiClass(4)),
        ["auroc.multilabel"] = () => Of(Auroc.MultiLabel(5)),
        ["average_precision.binary"] = () => Of(AveragePrecision.Binary()),
        ["average_precision.multiclass"] = () => Of(AveragePrecision.MultiClass(4)),
        ["average_precision.multilabel"] = () => Of(AveragePrecision.MultiLabel(5)),
        ["confusion"] = () => new ConfusionMatrix(4) is var metric ? (metric, metric.Update) : default,
        ["precision_at.1"] = () => Of(new PrecisionAtK(1)),
        ["precision_at.3"] = () => Of(new PrecisionAtK(3)),
        ["ndcg_at.1"] = () => Of(new NdcgAtK(1)),
        ["ndcg_at.3"] = () => Of(new NdcgAtK(3)),
        ["psp_at.3"] = () => Of(new PropensityScoredPrecisionAtK(3, PropensityScoredPrecisionAtK.Propensities([200, 90, 40, 7, 1], 1000))),
        ["mse"] = () => Of(new MeanSquaredError()),
        ["mae"] = () => Of(new MeanAbsoluteError()),
        ["r2"] = () => new R2Score() is var metric ? (metric, metric.Update) : default,
        ["r2.outputs"] = () => new R2Score(3) is var metric ? (metric, metric.Update) : default,
        ["r2.constant"] = () => new R2Score() is var metric ? (metric, metric.Update) : default,
        ["perplexity"] = () => new Perplexity() is var metric ? (metric, (logits, targets) => metric.Update(logits, targets)) : default,
    };

    public static IEnumerable<object[]> Names => ExpectedCase.All.Select(each => new object[] { each.Name });

    [TestMethod]
    public void Cases_OfTheFile_AreAllTested() =>
        CollectionAssert.AreEquivalent(ExpectedCase.All.Select(each => each.Name).ToList(), Factories.Keys.ToList());

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Compute_OneBatch_IsTheExpectedValue(string name)
    {
        using var scope = NewDisposeScope();
        var expected = Case(name);
        var (metric, update) = Factories[name]();

        Feed(expected, update, 0, expected.Count);

        Assert.AreEqual(expected.Value, metric.Compute(), Tolerance);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Merge_BatchesOfTwoInstancesFromTheirStates_IsTheExpectedValue(string name)
    {
        using var scope = NewDisposeScope();
        var expected = Case(name);
        var (first, updateFirst) = Factories[name]();
        var (second, updateSecond) = Factories[name]();
        var (whole, _) = Factories[name]();

        // Batches of different sizes, so that a mean over batches would differ.
        var (end, third) = (expected.Count, Math.Max(1, expected.Count / 3));
        Feed(expected, updateFirst, 0, third);
        Feed(expected, updateSecond, third, third + 1);
        Feed(expected, updateSecond, third + 1, end);
        whole.LoadStateDict(first.StateDict());
        whole.Merge(second.Pack());

        Assert.AreEqual(expected.Value, whole.Compute(), Tolerance);
        whole.Reset();
        Assert.IsTrue(double.IsNaN(whole.Compute()) || (whole is ClassCounts && whole.Compute() == 0), "the value of an empty state");
    }

    [TestMethod]
    public void Computed_OfAConfusionMatrix_IsTheExpectedMatrix()
    {
        using var scope = NewDisposeScope();
        var expected = Case("confusion");
        var metric = new ConfusionMatrix(4);
        var (predictions, targets) = expected.Rows(0, expected.Count);
        metric.Update(predictions, targets);

        _ = metric.Compute();
        metric.Reset();

        CollectionAssert.AreEqual(
            expected.Matrix!.SelectMany(row => row).Select(count => (long)count).ToArray(), metric.Computed.Cast<long>().ToArray());
    }

    private static ExpectedCase Case(string name) => ExpectedCase.All.Single(each => each.Name == name);

    private static void Feed(ExpectedCase expected, Action<Tensor, Tensor> update, int start, int end)
    {
        var (predictions, targets) = expected.Rows(start, end);
        update(predictions, targets);
    }

    private static (Metric Metric, Action<Tensor, Tensor> Update) Of(Accuracy metric) => (metric, metric.Update);

    private static (Metric Metric, Action<Tensor, Tensor> Update) Of(ClassCounts metric) => (metric, metric.Update);

    private static (Metric Metric, Action<Tensor, Tensor> Update) Of(ScoreCurve metric) => (metric, metric.Update);

    private static (Metric Metric, Action<Tensor, Tensor> Update) Of(RankingMetric metric) => (metric, metric.Update);

    private static (Metric Metric, Action<Tensor, Tensor> Update) Of(MeanError metric) => (metric, metric.Update);
}
