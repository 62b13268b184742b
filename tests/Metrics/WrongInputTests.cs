namespace Fulgurite.Tests.Metrics;

[TestClass]
public sealed class WrongInputTests
{
    [TestMethod]
    public void Update_ShapesThatBroadcast_AreRefusedWithBothShapes()
    {
        using var scope = NewDisposeScope();
        Action<Tensor, Tensor>[] updates =
            [new MeanSquaredError().Update, new R2Score().Update, Accuracy.Binary().Update, F1Score.Binary().Update, Auroc.Binary().Update];
        foreach (var update in updates)
        {
            var thrown = Assert.ThrowsExactly<ArgumentException>(() => update(rand(4, 1), rand(4)));
            Assert.Contains("[4, 1] and [4]", thrown.Message);
        }
    }

    [TestMethod]
    public void Update_ClassOutOfRange_IsRefusedWithTheRange()
    {
        using var scope = NewDisposeScope();
        Action<Tensor, Tensor>[] updates = [F1Score.MultiClass(3).Update, new ConfusionMatrix(3).Update, Auroc.MultiClass(3).Update];
        foreach (var update in updates)
        {
            var thrown = Assert.ThrowsExactly<ArgumentException>(() => update(rand(2, 3), tensor(new long[] { 0, 3 })));
            Assert.Contains("a class from 0 to 2, but got 3", thrown.Message);
        }
    }

    [TestMethod]
    public void Update_NumberOfClassesGivenAsTopK_IsRefused()
    {
        using var scope = NewDisposeScope();

        var thrown = Assert.ThrowsExactly<ArgumentException>(() => Accuracy.MultiClass(3).Update(rand(2, 3), tensor(new long[] { 0, 2 })));

        Assert.Contains("topK is 3 and there are 3 classes", thrown.Message);
    }

    [TestMethod]
    public void Merge_StateOfOtherSettings_IsRefused()
    {
        var thrown = Assert.ThrowsExactly<ArgumentException>(() => F1Score.MultiClass(3).Merge(F1Score.MultiClass(4).Pack()));
        Assert.Contains("9 numbers and got one of 12", thrown.Message);
        Assert.ThrowsExactly<ArgumentException>(() => new R2Score(2).Merge(new R2Score(3).Pack()));
        Assert.ThrowsExactly<ArgumentException>(() => Auroc.MultiLabel(2).Merge([1]));
    }

    [TestMethod]
    public void Compute_ScoreIsNaN_IsNaN()
    {
        using var scope = NewDisposeScope();
        var metric = Auroc.Binary();
        metric.Update(tensor(new[] { 0.1, double.NaN, 0.8 }), tensor(new[] { 0.0, 1, 1 }));
        Assert.IsTrue(double.IsNaN(metric.Compute()));
    }

    [TestMethod]
    public void Compute_TargetsOfOneClass_IsNaN()
    {
        using var scope = NewDisposeScope();
        var metric = Auroc.Binary();
        metric.Update(tensor(new[] { 0.1, 0.8 }), tensor(new[] { 1.0, 1 }));
        Assert.IsTrue(double.IsNaN(metric.Compute()));
    }

    [TestMethod]
    public void Constructor_PropensityOutOfRange_NamesTheLabel() =>
        Assert.Contains("label 1", Assert.ThrowsExactly<ArgumentException>(() => new PropensityScoredPrecisionAtK(1, [0.5, 0])).Message);
}
