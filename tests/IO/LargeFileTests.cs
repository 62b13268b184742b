using System.Globalization;

namespace Fulgurite.Tests.IO;

/// <summary>Beyond the numbers that fit into 32 and 16 bits.</summary>
[TestClass]
public class LargeFileTests
{
    private const long Length = (4L << 30) + 12345;

    [TestMethod]
    [Timeout(600_000)]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Load_TensorOfMoreThan4GiB_IsEqual(bool torch)
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_SLOW") != "1")
        {
            Assert.Inconclusive("Takes 4 GiB of memory and of disk; FULGURITE_SLOW=1 runs it.");
        }

        using var directory = new TemporaryDirectory();
        await using CheckpointIO io = torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        using (var storage = new HostTensorStorage(Length))
        {
            storage.GetWritableBytes(0, 1)[0] = 11;
            storage.GetWritableBytes(Length - 1, 1)[0] = 77;
            using var state = new TrainingState(new StateMap
            {
                { "large", new TensorData(storage, ScalarType.Byte, [Length], [1]) },
                { "after", new TensorData(StateSamples.Floats(3), ScalarType.Float32, [3], [1]) },
            });
            await io.SaveCheckpointAsync(state, directory["a"], null, CancellationToken.None);
        }

        using (var loaded = await io.LoadCheckpointAsync(directory["a"], null, CancellationToken.None))
        {
            var large = loaded["large"].AsTensor();
            Assert.AreEqual(Length, large.ElementCount);
            Assert.AreEqual(77, large.Storage.GetBytes(Length - 1, 1)[0]);
            Assert.AreEqual(11, large.Storage.GetBytes(0, 1)[0]);
            CollectionAssert.AreEqual(
                StateComparison.Bytes(new TensorData(StateSamples.Floats(3), ScalarType.Float32, [3], [1])),
                StateComparison.Bytes(loaded["after"].AsTensor()));
        }

        if (torch)
        {
            Assert.AreEqual("ok", PythonInterop.Run("check_large.py", directory["a"], "large"));
        }
    }

    [TestMethod]
    [Timeout(600_000)]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Load_TensorOfMoreThan2GiB_IsEqual(bool torch)
    {
        // Beyond what a span and an int can count. Untouched memory and a mapped load take no memory, so this runs everywhere.
        const long length = (2L << 30) + 12345;
        using var directory = new TemporaryDirectory();
        await using CheckpointIO io = torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        using (var storage = new HostTensorStorage(length))
        {
            storage.GetWritableBytes(0, 1)[0] = 11;
            storage.GetWritableBytes(length - 1, 1)[0] = 77;
            using var state = new TrainingState(
                new StateMap
                {
                    { "large", new TensorData(storage, ScalarType.Byte, [length], [1]) },
                    { "after", TensorData.FromValues([1, 2], ScalarType.Int32, 2) },
                });
            await io.SaveCheckpointAsync(state, directory["a"], null, CancellationToken.None);
        }

        using (var loaded = await io.LoadCheckpointAsync(
            directory["a"], new Fulgurite.LoadOptions { Mapped = true }, CancellationToken.None))
        {
            var large = loaded["large"].AsTensor();
            Assert.AreEqual(length, large.ElementCount);
            Assert.AreEqual(77, large.Storage.GetBytes(length - 1, 1)[0]);
            Assert.AreEqual(11, large.Storage.GetBytes(0, 1)[0]);
            CollectionAssert.AreEqual(new byte[] { 1, 0, 0, 0, 2, 0, 0, 0 }, StateComparison.Bytes(loaded["after"].AsTensor()));
        }

        if (torch)
        {
            Assert.AreEqual("ok", PythonInterop.Run("check_large.py", directory["a"], "two"));
        }
    }

    [TestMethod]
    [Timeout(600_000)]
    public async Task Load_MoreEntriesThan65535_AreEqual()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        var map = new StateMap();
        for (var index = 0; index < 66_000; index++)
        {
            map.Add("t" + index.ToString(CultureInfo.InvariantCulture), TensorData.FromValues<int>([index], ScalarType.Int32));
        }

        using var state = new TrainingState(map);
        await io.SaveCheckpointAsync(state, directory["a"], null, CancellationToken.None);

        using var loaded = await io.LoadCheckpointAsync(directory["a"], null, CancellationToken.None);
        Assert.AreEqual(65_999, BitConverter.ToInt32(StateComparison.Bytes(loaded["t65999"].AsTensor())));
        Assert.AreEqual(66_000, loaded.Root.Count);
        Assert.AreEqual("ok", PythonInterop.Run("check_large.py", directory["a"], "many"));
    }
}
