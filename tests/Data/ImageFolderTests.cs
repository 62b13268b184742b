using SkiaSharp;

namespace Fulgurite.Tests.Data;

[TestClass]
public sealed class ImageFolderTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public void FromImageFolder_FoldersAndFiles_AreClassesAndItemsInOrdinalOrder()
    {
        Write("dog/b.png", SKColors.Red);
        Write("dog/a.png", SKColors.Red);
        Write("Zebra/more/c.PNG", SKColors.Red);
        Write("cat/d.webp", SKColors.Red);
        File.WriteAllText(Path.Join(Folder, "cat", "notes.txt"), "no image");

        var data = Dataset.FromImageFolder(Folder);

        Assert.AreSequenceEqual(["Zebra", "cat", "dog"], data.Classes);
        Assert.AreSequenceEqual(["c.PNG", "d.webp", "a.png", "b.png"], data.Files.Select(file => Path.GetFileName(file)));
        using var scope = TorchSharp.torch.NewDisposeScope();
        var (inputs, targets) = DataSource.FromImageFolder(Folder, options: new() { BatchSize = 4 }).Single();
        Assert.AreSequenceEqual([0L, 1, 2, 2], targets.data<long>().ToArray());
        Assert.AreSequenceEqual([4L, 3, 224, 224], inputs.shape);
    }

    [TestMethod]
    [DataRow(3, null, new[] { 1f, 0, 0, 0.2f, 0, 1, 0, 0.4f, 0, 0, 1, 0.6f })]
    [DataRow(1, null, new[] { 0.299f, 0.587f, 0.114f, 0.3630f })]
    [DataRow(3, new[] { 0.5f, 0, 1 }, new[] { 1f, -1, -1, -0.6f, 0, 4, 0, 1.6f, -8, -8, 0, -3.2f })]
    public void FromImageFolder_PixelsOfThisSize_AreTheExactValues(int channels, float[]? means, float[] expected)
    {
        Write("a/four.png", SKColors.Red, new SKColor(0, 255, 0), SKColors.Blue, new SKColor(51, 102, 153));
        var options = new ImageFolderOptions { Width = 2, Height = 2, Channels = channels, Means = means };
        options.StandardDeviations = means is null ? null : [0.5f, 0.25f, 0.125f];
        using var scope = TorchSharp.torch.NewDisposeScope();

        var values = DataSource.FromImageFolder(Folder, options).Single().Inputs.data<float>().ToArray();

        Assert.HasCount(expected.Length, values);
        for (var index = 0; index < values.Length; index++)
        {
            Assert.AreEqual(expected[index], values[index], 1e-5f, $"value {index}");
        }
    }

    [TestMethod]
    public void FromImageFolder_LargerImage_IsAveraged()
    {
        var checks = Enumerable.Range(0, 64).Select(index => (index + (index / 8)) % 2 == 0 ? SKColors.White : SKColors.Black);
        Write("a/checks.png", [.. checks]);
        using var scope = TorchSharp.torch.NewDisposeScope();

        var (inputs, _) = DataSource.FromImageFolder(Folder, new() { Width = 2, Height = 1, Channels = 1 }).Single();

        Assert.AreSequenceEqual([1L, 1, 1, 2], inputs.shape);
        Assert.IsTrue(inputs.data<float>().All(value => value is > 0.45f and < 0.55f), string.Join(", ", inputs.data<float>()));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(20)]
    [DataRow(400)]
    public void FromImageFolder_DamagedFile_IsNamedInTheError(int length)
    {
        Write("a/whole.png", SKColors.Red);
        var random = new Random(1);
        Write("b/cut.png", [.. Enumerable.Range(0, 256).Select(_ => new SKColor((uint)random.Next() | 0xFF000000))]);
        var path = Path.Join(Folder, "b", "cut.png");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var data = DataSource.FromImageFolder(Folder, new() { Width = 4, Height = 4 }, new() { Workers = 1 });

        var thrown = Assert.ThrowsExactly<DataSourceException>(() => data.Count(batch => batch.Inputs.shape.Length == 4));

        Assert.AreEqual(1, thrown.Item);
        Assert.Contains($"'{path}' cannot be decoded", thrown.InnerException!.Message);
    }

    [TestMethod]
    public void FromImageFolder_WrongFolders_AreRefused()
    {
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => Dataset.FromImageFolder(Path.Join(Folder, "none")));
        var none = Assert.ThrowsExactly<InvalidDataException>(() => Dataset.FromImageFolder(Folder));
        Assert.Contains("one folder of images for each class", none.Message);
        Write("a/red.png", SKColors.Red);
        Directory.CreateDirectory(Path.Join(Folder, "empty"));
        Assert.Contains("has no images", Assert.ThrowsExactly<InvalidDataException>(() => Dataset.FromImageFolder(Folder)).Message);
    }

    [TestMethod]
    public void FromImageFolder_WrongOptions_AreRefused()
    {
        foreach (var options in new ImageFolderOptions[]
        {
            new() { Width = 0 },
            new() { Height = 0 },
            new() { Channels = 2 },
            new() { Means = [1] },
            new() { StandardDeviations = [1, 0, 1] },
        })
        {
            Assert.Throws<ArgumentException>(() => Dataset.FromImageFolder(Folder, options));
        }
    }

    /// <summary>The code of docs/data.md.</summary>
    [TestMethod]
    public void FromImageFolder_ShuffledWithWorkers_ContinuesAtAnyBatch()
    {
        for (byte index = 0; index < 10; index++)
        {
            Write($"{index % 2}/{index}.png", new SKColor(index, 0, 0));
        }

        using var scope = TorchSharp.torch.NewDisposeScope();
        var folder = Folder;
        var images = Dataset.FromImageFolder(folder, new()
        {
            Width = 32,
            Height = 32,
            Means = [0.485f, 0.456f, 0.406f],
            StandardDeviations = [0.229f, 0.224f, 0.225f],
        });
        var data = DataSource.From(images, new() { BatchSize = 3, Shuffle = true, Workers = 2 });

        var all = data.GetBatches(epoch: 1, skip: 0).Select(batch => batch.Inputs.data<float>().ToArray()).ToList();
        var rest = data.GetBatches(epoch: 1, skip: 2).Select(batch => batch.Inputs.data<float>().ToArray()).ToList();

        Assert.HasCount(4, all);
        Assert.HasCount(2, rest);
        Assert.AreSequenceEqual(all[2], rest[0]);
        Assert.AreSequenceEqual(all[3], rest[1]);
    }

    /// <summary>Writes a square image.</summary>
    private void Write(string name, params SKColor[] pixels)
    {
        var path = Path.Join(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var side = (int)Math.Sqrt(pixels.Length);
        using var bitmap = new SKBitmap(side, side, SKColorType.Rgba8888, SKAlphaType.Unpremul) { Pixels = pixels };
        using var file = File.Create(path);
        bitmap.Encode(file, name.EndsWith("webp", StringComparison.Ordinal) ? SKEncodedImageFormat.Webp : SKEncodedImageFormat.Png, 100);
    }
}
