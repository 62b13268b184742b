namespace Fulgurite.Tests.Core.Data;

/// <summary>Matrix products choose kernels by alignment; the tensors of batches have that of libtorch whatever the data lies in.</summary>
[TestClass]
public sealed class BatchAlignmentTests
{
    private const int Alignment = 64;
    private const int Turns = 16;

    public static IEnumerable<(string Kind, object First)> Parts =>
    [
        ("float", 1f), ("double", 1d), ("bool", true), ("int", 1), ("long", 1L),
        ("float[]", new[] { 1f, 2 }), ("double[]", new[] { 1d, 2 }), (
            "bool[]", new[] { true, false }), ("byte[]", new byte[] { 1, 2 }), ("int[]", new[] { 1, 2 }), ("long[]", new[] { 1L, 2 }),
    ];

    [TestMethod]
    [DynamicData(nameof(Parts))]
    public void Stack_NumbersAndArrays_GivesAlignedTensors(string kind, object first)
    {
        for (var turn = 1; turn <= Turns; turn++)
        {
            using var batch = Collate.Stack<object, Tensor>([.. Enumerable.Repeat(first, turn)]);

            Assert.AreEqual(0, NativeTensor.AddressOf(batch) % Alignment, kind);
        }
    }

    [TestMethod]
    public void Stack_TensorsOfArrays_GivesAlignedTensors()
    {
        using var scope = NewDisposeScope();
        for (var turn = 1; turn <= Turns; turn++)
        {
            var batch = Collate.Stack<Tensor, Tensor>([.. Enumerable.Range(0, turn).Select(_ => tensor(new float[turn]))]);

            Assert.AreEqual(0, NativeTensor.AddressOf(batch) % Alignment);
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void FromTensors_RowsOfArrays_GivesAlignedBatches(int workers)
    {
        using var inputs = tensor(new float[51 * 7], [51, 7]);
        using var targets = tensor(new float[51], [51]);
        var source = DataSource.FromTensors(inputs, targets, new DataSourceOptions { BatchSize = 3, Workers = workers });

        foreach (var batch in source)
        {
            Assert.AreEqual(0, NativeTensor.AddressOf(batch.Inputs) % Alignment);
            Assert.AreEqual(0, NativeTensor.AddressOf(batch.Targets) % Alignment);
            batch.Inputs.Dispose();
            batch.Targets.Dispose();
        }
    }
}
