using TorchSharp;

namespace Fulgurite.Tests.Core.Data;

[TestClass]
public sealed class CollateTests
{
    private DisposeScope _scope = null!;

    [TestInitialize]
    public void OpenScope() => _scope = NewDisposeScope();

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void Stack_Tensors_AddsADimension()
    {
        var batch = Collate.Stack<Tensor, Tensor>([ones(2, 3), zeros(2, 3)]);

        Assert.AreSequenceEqual(new long[] { 2, 2, 3 }, batch.shape);
        Assert.AreEqual(6f, batch.sum().item<float>());
    }

    [TestMethod]
    public void Stack_NumbersAndArrays_BecomeTensors()
    {
        var (rows, label, weight, flag, name) =
            Collate.Stack<(float[], int, double, bool, string), (Tensor, Tensor, Tensor, Tensor, string[])>(
                [(new[] { 1f, 2f }, 3, 0.5, true, "a"), (new[] { 3f, 4f }, 5, 1.5, false, "b")]);

        Assert.AreEqual(ScalarType.Float32, rows.dtype);
        Assert.AreSequenceEqual(new long[] { 2, 2 }, rows.shape);
        Assert.AreSequenceEqual(new[] { 1f, 2f, 3f, 4f }, rows.data<float>().ToArray());
        Assert.AreSequenceEqual(new long[] { 3, 5 }, label.data<long>().ToArray());
        Assert.AreSequenceEqual(new[] { 0.5, 1.5 }, weight.data<double>().ToArray());
        Assert.AreEqual(ScalarType.Bool, flag.dtype);
        Assert.AreSequenceEqual(new[] { "a", "b" }, name);
    }

    [TestMethod]
    public void Stack_RecordsAndNestedParts_ArePutTogetherByName()
    {
        var batch = Collate.Stack<Sample, Batch>(
        [
            new Sample(1, new() { ["x"] = ones(2) }, [ones(1), zeros(3)], "one"),
            new Sample(2, new() { ["x"] = zeros(2) }, [ones(1), zeros(3)], "two"),
        ]);

        Assert.AreSequenceEqual(new long[] { 1, 2 }, batch.Label.data<long>().ToArray());
        Assert.AreSequenceEqual(new long[] { 2, 2 }, batch.Named["x"].shape);
        Assert.AreSequenceEqual(new long[] { 2, 3 }, batch.Several[1].shape);
        Assert.AreSequenceEqual(new[] { "one", "two" }, batch.Text);
    }

    [TestMethod]
    public void Stack_TupleOfNine_KeepsEveryPart()
    {
        var item = (ones(1), 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);

        var batch = Collate.Stack<(Tensor, long, long, long, long, long, long, long, long), (
            Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)>([item, item]);

        Assert.AreSequenceEqual(new long[] { 8, 8 }, batch.Item8.data<long>().ToArray());
        Assert.AreSequenceEqual(new long[] { 9, 9 }, batch.Item9.data<long>().ToArray());
    }

    [TestMethod]
    public void Stack_ShapesThatDiffer_NamesThePart()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Collate.Stack<(Tensor, int), (Tensor, Tensor)>([(ones(2), 1), (ones(3), 1)]));

        Assert.StartsWith("'item.Item1' has the shape [2] in the first item and [3] in another.", error.Message);
    }

    [TestMethod]
    public void Stack_ArraysThatDifferInLength_NamesThePart()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Collate.Stack<float[], Tensor>([[1f], [1f, 2f]]));

        Assert.StartsWith("'item' has 1 numbers in the first item and 2 in another.", error.Message);
    }

    [TestMethod]
    public void Stack_PartsThatDifferInKind_SaysSo()
    {
        var kinds = Assert.ThrowsExactly<InvalidOperationException>(() => Collate.Stack<object, Tensor>([1, "two"]));
        Assert.StartsWith("'item' is a Int32 and String.", kinds.Message);

        var missing = Assert.ThrowsExactly<InvalidOperationException>(
            () => Collate.Stack<(Tensor?, int), (Tensor, Tensor)>([(ones(1), 1), (null, 2)]));
        Assert.Contains("'item.Item1' is a", missing.Message);
        Assert.Contains("null", missing.Message);
    }

    [TestMethod]
    public void Stack_WhatIsNoTensor_NamesTheWayOut()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Collate.Stack<string, string>(["a", "b"]));
        Assert.StartsWith("There is no String of several String ('item').", error.Message);

        Assert.Throws<NotSupportedException>(() => Collate.Stack<Version, Tensor>([new(1, 0)]));
        Assert.Throws<ArgumentException>(() => Collate.Stack<float, Tensor>([]));
    }

    private sealed record Sample(int Label, Dictionary<string, Tensor> Named, List<Tensor> Several, string Text);

    private sealed record Batch(Tensor Label, Dictionary<string, Tensor> Named, List<Tensor> Several, string[] Text);
}
