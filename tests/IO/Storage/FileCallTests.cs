namespace Fulgurite.Tests.IO.Storage;

/// <summary>Which calls a save makes, in which order, and what is reported when any of them fails.</summary>
[TestClass]
public sealed class FileCallTests(TestContext context) : IDisposable
{
    private const int DeviceError = 5, NoSpace = 28, ReadOnly = 30, Quota = 122, CrossDevice = 18, TooManyFiles = 24, AccessDenied = 13;

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingCalls _calls = new();

    public static IEnumerable<object[]> Failures =>
        from call in new[] { "open directory", "create", "reserve", "write", "truncate", "sync", "rename", "sync directory" }
        from error in new[] { DeviceError, NoSpace, Quota, ReadOnly }
        select new object[] { call, error };

    private string Target => _directory["target.ckpt"];

    public void Dispose() => _directory.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Write_SecondOfADirectory_SyncsTheFileBeforeItsNameAndTheNameAfter(bool direct)
    {
        var storage = Storage(direct);
        storage.Write(Target, Content(1), CancellationToken.None);
        _calls.Clear();

        storage.Write(Target, Content(2), CancellationToken.None);

        var truncates = direct ? new[] { "truncate" } : [];
        CollectionAssert.AreEqual(
            (string[])["open directory", "create", "reserve", "write", .. truncates, "sync", "rename", "sync directory"],
            _calls.Names.ToArray());
    }

    [TestMethod]
    public void Write_ByAStream_MakesTheSameCalls()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        _calls.Clear();

        storage.Write(Target, stream => stream.Write("by a stream"u8), CancellationToken.None);

        CollectionAssert.AreEqual(
            new[] { "open directory", "create", "reserve", "write", "sync", "rename", "sync directory" }, _calls.Names.ToArray());
        Assert.AreEqual("by a stream", File.ReadAllText(Target));
    }

    [TestMethod]
    public void Write_IntoMissingDirectories_SyncsTheNameOfEach()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        _calls.Clear();

        storage.Write(_directory["a/b/target"], Content(1), CancellationToken.None);

        CollectionAssert.AreEqual(
            new[]
            {
                "open directory", "mkdir", "sync directory", "open directory", "mkdir", "sync directory", "open directory", "create",
                "reserve", "write", "sync", "rename", "sync directory",
            },
            _calls.Names.ToArray());
    }

    [TestMethod]
    public void Write_IntoADirectoryThatSomebodyElseMade_SyncsItsNameOnce()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        Directory.CreateDirectory(_directory["made"]);
        _calls.Clear();

        storage.Write(_directory["made/target"], Content(1), CancellationToken.None);
        storage.Write(_directory["made/target"], Content(1), CancellationToken.None);

        Assert.AreEqual(3, _calls.Names.Count(name => name == "sync directory"), "the name of the directory, and that of the file twice");
    }

    [TestMethod]
    public void Write_NameOfANewDirectoryCannotBeSynced_FailsAndMakesItAnewTheNextTime()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        (_calls.Failing, _calls.Error) = ("sync directory", DeviceError);

        Assert.ThrowsExactly<CheckpointException>(() => storage.Write(_directory["new/target"], Content(1), CancellationToken.None));
        Assert.IsFalse(Directory.Exists(_directory["new"]));
        _calls.Clear();
        storage.Write(_directory["new/target"], Content(1), CancellationToken.None);

        CollectionAssert.AreEqual(new[] { "open directory", "mkdir", "sync directory" }, _calls.Names.Take(3).ToArray());
    }

    [TestMethod]
    [DataRow("open directory")]
    [DataRow("sync directory")]
    public void Write_NameOfAnExistingDirectoryCannotBeSynced_FailsAndSyncsItTheNextTime(string call)
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        Directory.CreateDirectory(_directory["made"]);
        (_calls.Failing, _calls.Error) = (call, DeviceError);

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => storage.Write(_directory["made/target"], Content(1), CancellationToken.None));
        Assert.IsFalse(failure.IsInPlace);
        _calls.Clear();
        storage.Write(_directory["made/target"], Content(1), CancellationToken.None);

        CollectionAssert.AreEqual(new[] { "open directory", "sync directory", "open directory", "create" }, _calls.Names.Take(4).ToArray());
    }

    [TestMethod]
    [DataRow("open directory")]
    [DataRow("sync directory")]
    public void Write_BelowADirectoryOfSomebodyElse_Succeeds(string call)
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        Directory.CreateDirectory(_directory["made"]);
        (_calls.Failing, _calls.Error) = (call, AccessDenied);

        storage.Write(_directory["made/target"], Content(1), CancellationToken.None);

        Assert.IsTrue(File.Exists(_directory["made/target"]));
    }

    [TestMethod]
    [DataRow("mkdir")]
    [DataRow("sync directory")]
    public void Write_DirectoryMayNotBeCreated_ReportsThat(string call)
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        (_calls.Failing, _calls.Error) = (call, AccessDenied);

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => storage.Write(_directory["new/target"], Content(1), CancellationToken.None));

        StringAssert.Contains(failure.Message, "permission is denied");
        Assert.IsFalse(Directory.Exists(_directory["new"]));
    }

    [TestMethod]
    public void Probe_Folder_SavesAndRemovesAFileThere()
    {
        var storage = Storage(direct: false);

        storage.Probe(_directory.Path);

        Assert.IsEmpty(Directory.GetFileSystemEntries(_directory.Path));
        CollectionAssert.IsSubsetOf(new[] { "create", "write", "sync", "rename", "sync directory", "delete" }, _calls.Names.ToArray());
    }

    [TestMethod]
    public void Read_PastTheEnd_ThrowsAndReturnsNoZeros()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        using var reader = storage.Open(Target);

        Assert.Throws<CheckpointException>(() => reader.Read(0, new byte[2]));
        Assert.Throws<CheckpointException>(() => reader.Read(1, new byte[1]));
    }

    [TestMethod]
    public void Delete_File_SyncsItsDirectoryAfterwards()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        _calls.Clear();

        storage.Delete(Target);

        CollectionAssert.AreEqual(new[] { "open directory", "delete", "sync directory" }, _calls.Names.ToArray());
    }

    [TestMethod]
    public void TryLink_ToASecondName_RenamesOverItAndSyncsTheDirectory()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        _calls.Clear();

        Assert.IsTrue(storage.TryLink(Target, _directory["second"]));

        CollectionAssert.AreEqual(new[] { "open directory", "link", "rename", "delete", "sync directory" }, _calls.Names.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Failures))]
    public async Task Save_ACallFails_IsReportedAndTheOldFileIsIntact(string call, int error)
    {
        foreach (var direct in new[] { true, false })
        {
            if (call == "truncate" && !direct)
            {
                continue;
            }

            await using var io = new AsyncCheckpointIO(new TorchCheckpointIO(Storage(direct)));
            await SaveAsync(io, 1);
            (_calls.Failing, _calls.Error) = (call, error);

            var operation = io.Submit(State(2), Target, null);
            Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion.WaitAsync(context.CancellationToken));

            var isInPlace = call == "sync directory";
            Assert.AreEqual(isInPlace, operation.Failure!.IsInPlace);
            Assert.AreEqual(Target, operation.Failure.Path);
            Assert.AreEqual(isInPlace ? 2 : 1, await LoadAsync(io));
            Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length, "no temporary file is left");
            Assert.AreEqual(0, io.Statistics.Durable - 1, "only the first one was reported durable");
            if (isInPlace)
            {
                StringAssert.Contains(operation.Failure.Message, "is in place");
            }

            // A retry writes anew: what a failed sync left in the cache is not to be trusted.
            _calls.Clear();
            await SaveAsync(io, 3);
            CollectionAssert.IsSubsetOf(new[] { "create", "write", "sync", "rename", "sync directory" }, _calls.Names.ToArray());
            Assert.AreEqual(3, await LoadAsync(io));
        }
    }

    [TestMethod]
    [DataRow("open directory", TooManyFiles)]
    [DataRow("rename", CrossDevice)]
    public void Write_DirectoryOrRenameIsRefused_KeepsTheOldFile(string call, int error)
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        (_calls.Failing, _calls.Error) = (call, error);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Write(Target, Content(2), CancellationToken.None));

        Assert.IsFalse(failure.IsInPlace);
        CollectionAssert.AreEqual(new byte[] { 1 }, File.ReadAllBytes(Target));
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Write_TemporaryFileCannotBeRemoved_ReportsWhyTheSaveFailed()
    {
        var storage = Storage(direct: false);
        storage.Write(Target, Content(1), CancellationToken.None);
        (_calls.Failing, _calls.Error) = ("sync", NoSpace);
        _calls.FailsDelete = true;

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Write(Target, Content(2), CancellationToken.None));

        StringAssert.Contains(failure.Message, "no space is left");
    }

    private LocalStorage Storage(bool direct) => new(new LocalStorageOptions { DirectIO = direct, DirectIOThreshold = 0 }, _calls);

    private async Task SaveAsync(AsyncCheckpointIO io, int step) =>
        await io.Submit(State(step), Target, null).Durable.WaitAsync(context.CancellationToken);

    private async Task<long> LoadAsync(AsyncCheckpointIO io)
    {
        using var state = await io.LoadCheckpointAsync(Target, null, context.CancellationToken);
        return state.Root["global_step"].AsInteger();
    }

    private static TrainingState State(int step) => new() { ["global_step"] = step };

    private static FileContent Content(byte value)
    {
        var content = new FileContent();
        content.Add([value]);
        return content;
    }
}
