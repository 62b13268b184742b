namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>The checkpoint to resume from: the intact one with the most progress, regardless of file times.</summary>
[TestClass]
public sealed class FindLastTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fulgurite-last").FullName;
    private readonly CollectingLogger<ModelCheckpoint> _log = new();

    private string Folder => Path.Combine(_root, "checkpoints");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public void FindLast_ClockWasSetBack_GoesByThePositionInTheRun(string format)
    {
        Fit(Make(), 4, format);
        File.SetLastWriteTimeUtc(At("epoch=0-step=3.ckpt"), DateTime.UtcNow.AddHours(1));

        Assert.AreEqual("last.ckpt", Found(Make()));
    }

    [TestMethod]
    public void FindLast_FolderWasCopiedWithoutTimes_GoesByThePositionInTheRun()
    {
        Fit(Make(), 4);
        var files = Directory.GetFiles(Folder).OrderByDescending(path => path, StringComparer.Ordinal).ToList();
        for (var index = 0; index < files.Count; index++)
        {
            // last is copied first, and the first epoch last.
            File.SetLastWriteTimeUtc(files[index], DateTime.UnixEpoch.AddSeconds(index));
        }

        Assert.AreEqual("epoch=3-step=12.ckpt", Found(Make()), "of the two that are as far, the one that was copied later");
        File.Delete(At("epoch=3-step=12.ckpt"));
        Assert.AreEqual("last.ckpt", Found(Make()));
    }

    [TestMethod]
    public void InOrder_Entries_GoByPositionThenByTimeThenAsGiven()
    {
        static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
        var newest = new NewestCheckpoint(new InMemoryCheckpointIO(), _log);

        var ordered = newest.InOrder(
        [
            new("unknown", 1, At(20)),
            new("early", 1, At(8), new CheckpointPosition(0, 1, 1)),
            new("late", 1, At(1), new CheckpointPosition(1, 5, 0)),
            new("late and newer", 1, At(2), new CheckpointPosition(1, 5, 0)),
            new("late and as new", 1, At(2), new CheckpointPosition(1, 5, 0)),
            new("unknown and newer", 1, At(21)),
            new("unknown without a time", 1, null),
            new("empty", 0, At(30), new CheckpointPosition(9, 9, 9)),
            new("corrupt", 1, At(31), Failure: new CheckpointCorruptException("it is broken", "corrupt")),
            new("removed", 1, At(32), Failure: new CheckpointNotFoundException("removed")),
        ]);

        Assert.AreSequenceEqual(
            ["late and newer", "late and as new", "late", "early", "unknown and newer", "unknown", "unknown without a time"],
            ordered.Select(entry => entry.Path));
        Assert.HasCount(2, _log.Messages, "the empty one and the corrupt one");
    }

    [TestMethod]
    public void InOrder_FileThatMayBeIntactButCannotBeRead_Throws()
    {
        var newest = new NewestCheckpoint(new InMemoryCheckpointIO(), _log);
        var denied = new CheckpointException("permission is denied", "a");

        var thrown = Assert.ThrowsExactly<CheckpointException>(
            () => newest.InOrder([new("a", 1, null, Failure: denied), new("b", 1, null)]).ToList());

        Assert.AreSame(denied, thrown);
    }

    [TestMethod]
    public void FindLast_WithinOneEpoch_GoesByStepAndBatch()
    {
        var names = new ModelCheckpoint(
            new() { DirPath = Folder, EveryNTrainSteps = 1, SaveTopK = -1, Filename = "{step}", Monitor = null });
        Fit(new Callback[] { names }, new TorchCheckpointIO(), 1);
        Assert.HasCount(3, Directory.GetFiles(Folder));
        File.SetLastWriteTimeUtc(At("step=2.ckpt"), DateTime.UtcNow.AddDays(1));

        Assert.AreEqual(
            "step=3.ckpt",
            Found(new ModelCheckpoint(new() { DirPath = Folder, EveryNTrainSteps = 1, SaveTopK = -1, Filename = "{step}" })));
    }

    [TestMethod]
    public void FindLast_InTheProcessThatSaved_GoesByThePositionToo()
    {
        // The best is the first epoch.
        var callback = new ModelCheckpoint(new() { DirPath = Folder, SaveLast = true, Monitor = "val", Mode = MonitorMode.Max });
        Fit(callback, 4);
        File.SetLastWriteTimeUtc(At("epoch=0-step=3.ckpt"), DateTime.UtcNow.AddHours(1));

        Assert.AreEqual("last.ckpt", Found(callback));
    }

    [TestMethod]
    public void FindLastCheckpoint_OfSeveralCallbacks_GoesByThePositionInTheRun()
    {
        ModelCheckpoint First() =>
            new(new() { DirPath = Path.Combine(_root, "first"), Name = "first", Filename = "first", EveryNEpochs = 3 });
        ModelCheckpoint Second() => new(new() { DirPath = Path.Combine(_root, "second"), Name = "second", Filename = "second" });
        Fit([First(), Second()], new TorchCheckpointIO(), 4);
        File.SetLastWriteTimeUtc(Path.Combine(_root, "first", "first.ckpt"), DateTime.UtcNow.AddHours(1));
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var trainer = new Trainer(strategy, new TrainerOptions { DefaultRootDirectory = _root }, [First(), Second()]);

        Assert.AreEqual(Path.Combine(_root, "second", "second.ckpt"), trainer.FindLastCheckpoint());
    }

    [TestMethod]
    [DataRow("link that leads nowhere", false)]
    [DataRow("links in a circle", false)]
    [DataRow("folder", false)]
    [DataRow("empty file", true)]
    [DataRow("cut off", true)]
    [DataRow("cut off within the tensors", true)]
    [DataRow("flipped bit", true)]
    [DataRow("zeros", true)]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void FindLast_LastIsDamaged_GivesTheNewestValidOneAndSaysWhichIsNot(string damage, bool warns)
    {
        foreach (var format in new[] { "torch", "safetensors" })
        {
            Fit(Make(), 4, format);
            Damage(At("last.ckpt"), damage);
            _log.Clear();

            Assert.AreEqual("epoch=3-step=12.ckpt", Found(Make()), format);

            var warnings = _log.Messages.Where(message => message.Contains("is corrupt", StringComparison.Ordinal)).ToList();
            Assert.HasCount(warns ? 1 : 0, warnings, format);
            Assert.IsTrue(warnings.TrueForAll(message => message.Contains(At("last.ckpt"), StringComparison.Ordinal)), format);
            Directory.Delete(Folder, recursive: true);
        }
    }

    [TestMethod]
    public void FindLastCheckpoint_AllOfOneCallbackAreDamaged_IsThatOfTheOther()
    {
        var other = Path.Combine(_root, "other");
        ModelCheckpoint Second() => new(new() { DirPath = other, FileExtension = ".ckpt", SaveTopK = 0, SaveLast = true, Name = "second" });
        Fit([Make(), Second()], IO("torch"), 2);
        foreach (var file in Directory.GetFiles(Folder))
        {
            Damage(file, "cut off");
        }

        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var trainer = new Trainer(strategy, new TrainerOptions { DefaultRootDirectory = _root }, [Make(), Second()]);

        Assert.AreEqual(Path.Combine(other, "last.ckpt"), trainer.FindLastCheckpoint());
    }

    [TestMethod]
    public void FindLast_AllAreDamaged_ThrowsAndNamesEach()
    {
        Fit(Make(), 2);
        foreach (var file in Directory.GetFiles(Folder))
        {
            Damage(file, "cut off");
        }

        var exception = Assert.ThrowsExactly<CheckpointCorruptException>(() => Found(Make()));
        Assert.Contains(Folder, exception.Message);
        Assert.HasCount(3, _log.Messages.Where(message => message.Contains("is corrupt", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void FindLast_StorageFails_ThrowsInsteadOfGoingBack()
    {
        Fit(Make(), 4);
        var torch = new TorchCheckpointIO();
        var io = new CustomCheckpointIO(
            torch.SaveCheckpointAsync,
            (path, options, stop) => path.Contains("last", StringComparison.Ordinal)
                ? Task.FromException<TrainingState>(new CheckpointException($"'{path}' is out of reach.", path) { IsTransient = true })
                : torch.LoadCheckpointAsync(path, options, stop),
            torch.RemoveCheckpointAsync);

        var exception = Assert.ThrowsExactly<CheckpointException>(() => Found(Make(), io));

        Assert.Contains("out of reach", exception.Message);
    }

    [TestMethod]
    public void Fit_StartIdiomAfterADamagedLast_GoesOnFromTheNewestValidOne()
    {
        Fit(Make(), 4);
        Damage(At("last.ckpt"), "flipped bit");
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var module = new PolicyModule();
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 5, DefaultRootDirectory = _root }, [Make()]);

        trainer.Fit(module, PolicyModule.Data(3), PolicyModule.Data(1), trainer.FindLastCheckpoint());

        Assert.AreEqual(At("epoch=3-step=12.ckpt"), trainer.ResumedFrom);
        Assert.AreEqual(15, trainer.GlobalStep);
    }

    private static CheckpointIO IO(string format) => format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();

    private static void Damage(string path, string damage)
    {
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        switch (damage)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "link that leads nowhere":
                File.CreateSymbolicLink(path, path + ".gone");
                break;
            case "links in a circle":
                File.CreateSymbolicLink(path, path);
                break;
            case "empty file":
                File.WriteAllBytes(path, []);
                break;
            case "cut off":
                File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
                break;
            case "cut off within the tensors":
                File.WriteAllBytes(path, bytes[..^1]);
                break;
            case "zeros":
                File.WriteAllBytes(path, new byte[bytes.Length]);
                break;
            default:
                // The weights as they are in the file: two numbers side by side that only they have.
                File.WriteAllBytes(path, bytes);
                using (var state = new TorchCheckpointIO().LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult())
                using (var weight = state["state_dict"].AsMap()["_linear.weight"].AsTensor().ToTensor())
                {
                    bytes[bytes.AsSpan().LastIndexOf(weight.bytes)] ^= 4;
                }

                File.WriteAllBytes(path, bytes);
                break;
        }
    }

    private string At(string name) => Path.Combine(Folder, name);

    private ModelCheckpoint Make() =>
        new(new() { DirPath = Folder, FileExtension = ".ckpt", SaveTopK = -1, SaveLast = true, Monitor = "val" }, logger: _log);

    private string? Found(ModelCheckpoint callback, CheckpointIO? io = null)
    {
        using var strategy = new SingleDeviceStrategy(io ?? new TorchCheckpointIO());
        using var trainer = new Trainer(strategy, new TrainerOptions { DefaultRootDirectory = _root }, [callback]);
        return Path.GetFileName(callback.FindLast(trainer));
    }

    private void Fit(ModelCheckpoint callback, int epochs, string format = "torch") => Fit([callback], IO(format), epochs);

    private void Fit(Callback[] callbacks, CheckpointIO io, int epochs)
    {
        using var strategy = new SingleDeviceStrategy(io);
        using var module = new PolicyModule();
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs, DefaultRootDirectory = _root }, callbacks);
        trainer.Fit(module, PolicyModule.Data(3), PolicyModule.Data(1));
    }
}
