namespace Fulgurite.Tests.Data;

[TestClass]
public sealed class CsvTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow("a,b,label\n1,2.5,0\n-3,4e1,2\n", null)]
    [DataRow("a;label;b\n1;0;2.5\n-3; 2 ;\"4e1\"\n", null)]
    [DataRow("a|label|b\n1|0|2.5\n-3|2|40\n", '|')]
    public void FromCsv_ClassTargets_AreTheValuesOfTheFile(string text, char? separator)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var data = DataSource.FromCsv(
            Write(text), new() { Target = "label", ClassTargets = true, Separator = separator }, new() { BatchSize = 2 });

        var (inputs, targets) = data.Single();

        Assert.AreSequenceEqual([1f, 2.5f, -3f, 40f], inputs.data<float>().ToArray());
        Assert.AreSequenceEqual([2L, 2], inputs.shape);
        Assert.AreSequenceEqual([0L, 2], targets.data<long>().ToArray());
    }

    [TestMethod]
    public void FromCsv_SelectedInputs_AreInTheOrderOfTheOptions()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var data = DataSource.FromCsv(Write("a,b,c,y\n1,2,3,0.5\n"), new() { Target = "y", Inputs = ["c", "a"] });

        var (inputs, targets) = data.Single();

        Assert.AreSequenceEqual([3f, 1f], inputs.data<float>().ToArray());
        Assert.AreSequenceEqual([1L, 1], targets.shape);
        Assert.AreEqual(0.5f, targets.item<float>());
    }

    [TestMethod]
    public void FromCsv_Categories_BecomeColumnsAndClasses()
    {
        var options = new CsvOptions
        {
            Target = "kind",
            Categories = new Dictionary<string, IReadOnlyList<string>> { ["kind"] = ["cat", "dog"], ["color"] = ["red", "green", "blue"] },
        };
        using var scope = TorchSharp.torch.NewDisposeScope();
        var data = DataSource.FromCsv(Write("size,color,kind\n1,blue,dog\n2,red,cat\n"), options, new() { BatchSize = 2 });

        var (inputs, targets) = data.Single();

        Assert.AreSequenceEqual([1f, 0, 0, 1, 2, 1, 0, 0], inputs.data<float>().ToArray());
        Assert.AreSequenceEqual([1L, 0], targets.data<long>().ToArray());
        var other = Write("size,color,kind\n1,pink,dog\n");
        Assert.Contains(
            "line 2, column 'color': expected one of the categories red, green, blue, but found 'pink'",
            Assert.ThrowsExactly<FormatException>(() => Dataset.FromCsv(other, options)).Message);
    }

    [TestMethod]
    [DataRow("a,y\n1,0\nx,1\n", "line 3, column 'a': expected a number, but found 'x'")]
    [DataRow("a,y\n1,0\nNaN,1\n", "but found 'NaN'. Correct the file")]
    [DataRow("a,y\n1,0\nred,1\n", "list the values of a text column in CsvOptions.Categories[\"a\"]")]
    [DataRow("a,y\n1,0\nred,1\n", "list those to read in CsvOptions.Inputs.")]
    [DataRow("a,y\n1,0.5\n", "line 2, column 'y': expected a class number, 0 or above, but found '0.5'")]
    [DataRow("a,z\n1,0\n", "has no column 'y'. Its columns are a, z.")]
    [DataRow("", "is empty. Its first line must be the names of the columns.")]
    [DataRow("y\n1\n", "has no inputs: CsvOptions names no column besides the target 'y'.")]
    [DataRow("a,y\n1,0\n2\n", ".csv': Found 1 column(s) on row 2")]
    public void FromCsv_WrongContent_IsRefusedWithItsPlace(string text, string expected)
    {
        var path = Write(text);
        var thrown = Assert.ThrowsExactly<FormatException>(() => Dataset.FromCsv(path, new() { Target = "y", ClassTargets = true }));
        Assert.Contains(expected, thrown.Message);
    }

    /// <summary>The code of docs/data.md.</summary>
    [TestMethod]
    public void Split_OfACsvFile_TrainsAndResumesWithinAnEpoch()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var path = Write("a,label\n" + string.Concat(Enumerable.Range(0, 100).Select(number => $"{number},{number % 2}\n")));
        var parts = Dataset.FromCsv(path, new() { Target = "label", ClassTargets = true }).Split(seed: 1, 0.8, 0.2);
        var train = DataSource.From(parts[0], new() { BatchSize = 32, Shuffle = true });
        var validation = DataSource.From(parts[1], new() { BatchSize = 32 });

        // A source continues at any batch with the same items.
        Assert.AreEqual(3, train.Count());
        Assert.AreEqual(20, validation.Sum(batch => batch.Targets.shape[0]));
        using var all = train.GetEnumerator();
        Assert.IsTrue(all.MoveNext() && all.MoveNext());
        using var later = train.GetBatches(epoch: 0, skip: 1).GetEnumerator();
        Assert.IsTrue(later.MoveNext());
        Assert.AreSequenceEqual(all.Current.Inputs.data<float>().ToArray(), later.Current.Inputs.data<float>().ToArray());
    }

    [TestMethod]
    public void Split_Fractions_AreDisjointCompleteAndReproducible()
    {
        var numbers = Dataset.Of(Enumerable.Range(0, 101).ToArray());

        var parts = numbers.Split(seed: 5, 0.7, 0.2, 0.1).Select(Items).ToList();
        var again = numbers.Split(seed: 5, 0.7, 0.2, 0.1).Select(Items).ToList();
        var other = numbers.Split(seed: 6, 0.7, 0.2, 0.1).Select(Items).ToList();

        Assert.AreSequenceEqual([71, 20, 10], parts.Select(part => part.Length));
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 101).ToArray(), parts.SelectMany(part => part).ToArray());
        Assert.AreSequenceEqual(parts[1], again[1]);
        CollectionAssert.AreNotEqual(parts[1], other[1]);
    }

    [TestMethod]
    public void Split_WrongFractions_AreRefused()
    {
        var numbers = Dataset.Of(Enumerable.Range(0, 10).ToArray());
        Assert.ThrowsExactly<ArgumentException>(() => numbers.Split(1, 0.8, 0.3));
        Assert.ThrowsExactly<ArgumentException>(() => numbers.Split(1, double.NaN));
        Assert.Contains("of 10 items is none", Assert.ThrowsExactly<ArgumentException>(() => numbers.Split(1, 0.01)).Message);
    }

    private static int[] Items(IDataset<int> dataset) =>
        [.. Enumerable.Range(0, (int)dataset.Count).Select(index => dataset.GetItem(new(index, 0, 0, default)))];

    private string Write(string text)
    {
        var path = Path.Combine(Folder, "data.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
