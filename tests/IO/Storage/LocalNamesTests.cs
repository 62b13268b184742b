namespace Fulgurite.Tests.IO.Storage;

/// <summary>The names of files: links, removals, and paths that cannot be written.</summary>
[TestClass]
public sealed class LocalNamesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalStorage _storage = new(new LocalStorageOptions { DirectIOThreshold = 0 });

    private string Target => _directory["target"];

    public void Dispose() => _directory.Dispose();

    [TestMethod]
    public void DeleteFolder_EmptyOrNot_RemovesOnlyTheEmptyOne()
    {
        var folder = _directory["folder"];
        var file = Path.Combine(folder, "a");
        _storage.Write(file, Contents.Of([1]), CancellationToken.None);

        _storage.DeleteFolder(folder);
        Assert.IsTrue(File.Exists(file));

        _storage.Delete(file);
        _storage.DeleteFolder(folder);
        Assert.IsFalse(Directory.Exists(folder));

        _storage.DeleteFolder(folder);
        _storage.Write(file, Contents.Of([2]), CancellationToken.None);
        Assert.AreSequenceEqual(new byte[] { 2 }, File.ReadAllBytes(file));
    }

    [TestMethod]
    public void Write_PathOfADirectoryThatIsNotThere_SaysSoAndMakesNothing()
    {
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => _storage.Write(Target + "/", Contents.Of([1]), CancellationToken.None));
        StringAssert.Contains(failure.Message, "the path is a directory");
        Assert.AreEqual(0, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Write_ToADirectory_SaysSoAndLeavesIt()
    {
        Directory.CreateDirectory(Target);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => _storage.Write(Target, Contents.Of([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, "the path is a directory");
        Assert.AreEqual(Target, failure.Path);
        Assert.IsFalse(failure.IsTransient);
        Assert.IsTrue(Directory.Exists(Target));
    }

    [TestMethod]
    public void Write_BelowAFile_SaysSo()
    {
        File.WriteAllText(_directory["file"], "x");

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => _storage.Write(_directory["file/target"], Contents.Of([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, _directory["file/target"]);
        Assert.AreEqual("x", File.ReadAllText(_directory["file"]));
    }

    [TestMethod]
    public void Write_IntoMissingDirectories_MakesThem()
    {
        _storage.Write(_directory["a/b/target"], Contents.Of([7]), CancellationToken.None);

        CollectionAssert.AreEqual(new byte[] { 7 }, File.ReadAllBytes(_directory["a/b/target"]));
    }

    [TestMethod]
    public void Write_ThroughASymbolicLink_ReplacesWhatItPointsTo()
    {
        Directory.CreateDirectory(_directory["elsewhere"]);
        File.WriteAllText(_directory["elsewhere/file"], "old");
        File.CreateSymbolicLink(Target, _directory["elsewhere/file"]);

        _storage.Write(Target, Contents.Of("new"u8.ToArray()), CancellationToken.None);

        Assert.AreEqual("new", File.ReadAllText(_directory["elsewhere/file"]));
        Assert.IsNotNull(new FileInfo(Target).LinkTarget, "it is still a link");
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory["elsewhere"]).Length);
    }

    [TestMethod]
    public void Write_ThroughLinksInACircle_SaysSo()
    {
        File.CreateSymbolicLink(Target, _directory["other"]);
        File.CreateSymbolicLink(_directory["other"], Target);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => _storage.Write(Target, Contents.Of([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, Target);
    }

    [TestMethod]
    public void Write_TooLongAName_SaysSo()
    {
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => _storage.Write(_directory[new string('a', 300)], Contents.Of([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, "too long");
        Assert.IsEmpty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [TestMethod]
    public void Write_LongestName_IsWritten()
    {
        _storage.Write(_directory[new string('a', 255)], Contents.Of([1]), CancellationToken.None);

        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void TryLink_ToAnotherName_IsTheSameFileUntilReplaced()
    {
        _storage.Write(Target, Contents.Of("one"u8.ToArray()), CancellationToken.None);
        File.WriteAllText(_directory["second"], "before");

        Assert.IsTrue(_storage.TryLink(Target, _directory["second"]));
        Assert.IsTrue(_storage.TryLink(Target, _directory["second"]), "again, over itself");
        _storage.Write(Target, Contents.Of("two"u8.ToArray()), CancellationToken.None);

        Assert.AreEqual("one", File.ReadAllText(_directory["second"]));
        Assert.AreEqual(2, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void TryLink_OfNothing_IsFalse() => Assert.IsFalse(_storage.TryLink(_directory["none"], Target));

    [TestMethod]
    [TestProperty("Behaviour", "CC4")]
    public void TryLink_AcrossFileSystems_IsFalse()
    {
        if (!Directory.Exists("/dev/shm") || new DriveInfo("/dev/shm").DriveFormat == new DriveInfo(_directory.Path).DriveFormat)
        {
            Assert.Inconclusive("There is no second file system at /dev/shm.");
        }

        var other = Path.Combine("/dev/shm", Path.GetFileName(_directory.Path));
        _storage.Write(Target, Contents.Of([1]), CancellationToken.None);

        Assert.IsFalse(_storage.TryLink(Target, other));
        _storage.Write(other, Contents.Of([2]), CancellationToken.None);
        CollectionAssert.AreEqual(
            new byte[] { 2 }, File.ReadAllBytes(other), "a file system without direct IO is written through the page cache");
        _storage.Delete(other);
    }

    [TestMethod]
    public void Delete_FileLinkOrNothing_LeavesTheRest()
    {
        File.WriteAllText(_directory["file"], "x");
        File.CreateSymbolicLink(Target, _directory["file"]);

        _storage.Delete(Target);
        _storage.Delete(_directory["none"]);

        Assert.AreEqual("x", File.ReadAllText(_directory["file"]));
        Assert.IsFalse(File.Exists(Target));
    }

    [TestMethod]
    public void Delete_SeveralFiles_SyncsTheirFolderOnce()
    {
        var calls = new RecordingCalls();
        var storage = new LocalStorage(null, calls);
        string[] files = [_directory["a"], _directory["none"], _directory["b"], _directory["c"]];
        foreach (var file in files.Where(file => file != _directory["none"]))
        {
            File.WriteAllText(file, "x");
        }

        storage.Delete(files);

        Assert.IsEmpty(Directory.GetFileSystemEntries(_directory.Path));
        Assert.AreSequenceEqual(["open directory", "delete", "delete", "delete", "sync directory"], calls.Names);
        calls.Clear();
        storage.Delete(files);
        Assert.IsEmpty(calls.Names, "There is nothing left to delete.");
    }

    [TestMethod]
    public void Delete_OneOfSeveralFilesFails_DeletesTheOthersAndNamesIt()
    {
        var storage = new LocalStorage(null, new RecordingCalls { Failing = "delete", Error = 5 });
        string[] files = [_directory["a"], _directory["b"]];
        Array.ForEach(files, file => File.WriteAllText(file, "x"));

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Delete(files));

        Assert.AreEqual(files[0], failure.Path);
        CollectionAssert.AreEqual(files[..1], Directory.GetFileSystemEntries(_directory.Path));
    }
}
