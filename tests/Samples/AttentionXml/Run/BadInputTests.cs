namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed class BadInputTests : ApplicationTest
{
    private const int BadInput = 2;

    [TestMethod]
    [DataRow("--nonsense", "--nonsense", DisplayName = "unknown option")]
    [DataRow("--epochs", "--epochs", DisplayName = "value missing")]
    [DataRow("--epochs x", "--epochs is 'x'; allowed is a whole number, 0 or more.")]
    [DataRow("--batch-size 0", "--batch-size is '0'; allowed is a whole number, 1 or more.")]
    [DataRow("--max-steps -1", "--max-steps is '-1'; allowed is a whole number, 0 or more.")]
    [DataRow("--threads 1.5", "--threads is '1.5'; allowed is a whole number, 1 or more.")]
    [DataRow("--dropout 1", "--dropout is '1'; allowed is 0 or more and below 1.")]
    [DataRow("--learning-rate NaN", "--learning-rate is 'NaN'; allowed is more than 0.")]
    [DataRow("--io floppy", "--io is 'floppy'; allowed is async, torch, incremental.")]
    [DataRow("--format csv", "--format is 'csv'; allowed is auto, text, xc, libsvm, json.")]
    [DataRow("--generate wiki", "--generate is 'wiki'; allowed is small, amazoncat-13k, amazon-670k.")]
    [DataRow("--levels 0", "--levels is '0'; allowed is a whole number, 1 or more.")]
    [DataRow("words", "words", DisplayName = "argument that belongs to no option")]
    public void Run_BadOption_NamesIt(string arguments, string expected)
    {
        Assert.AreEqual(BadInput, RunTiny(arguments.Split(' ')));

        Assert.Contains(expected, Error.ToString());
        Assert.IsEmpty(Checkpoints());
    }

    [TestMethod]
    public void Run_DataAndGenerate_ExcludeEachOther()
    {
        Assert.AreEqual(BadInput, RunTiny("--generate", "small"));

        AssertOneMessage("--data and --generate exclude each other.");
    }

    [TestMethod]
    public void Resume_FileOfALabelTree_SaysWhatToGiveInstead()
    {
        Assert.AreEqual(BadInput, RunTiny("--levels", "2", "--resume", Folder.File("train.txt")));

        AssertOneMessage("give --resume without a file");
    }

    [TestMethod]
    public void Run_DataMissing_NamesTheFolder()
    {
        Assert.AreEqual(BadInput, RunTiny("--data", Folder.File("none")));

        AssertOneMessage($"'{Folder.File("none")}' does not exist");
        Assert.IsFalse(Directory.Exists(Runs), "no empty output folder is left");
    }

    [TestMethod]
    public void Run_DataIsAFile_SaysSo()
    {
        Assert.AreEqual(BadInput, RunTiny("--data", Folder.File("train.txt")));

        AssertOneMessage("train.txt' is a file, not a folder. Give a folder that holds train.txt and test.txt with --data DIR.");
        Assert.IsFalse(Directory.Exists(Runs));
    }

    [TestMethod]
    public void Run_EmptyFile_NamesIt()
    {
        Folder.Write("train.txt");

        Assert.AreEqual(BadInput, RunTiny());

        AssertOneMessage("train.txt: the file is empty");
        Assert.IsFalse(Directory.Exists(Runs), "what was made and is empty goes again");
    }

    [TestMethod]
    public void Run_EmptyFile_LeavesAnOutputFolderThatWasThere()
    {
        Folder.Write("train.txt");
        Directory.CreateDirectory(Runs);

        Assert.AreEqual(BadInput, RunTiny("--output", Path.Combine(Runs, "a", "b")));

        Assert.IsTrue(Directory.Exists(Runs));
        Assert.IsEmpty(Directory.GetFileSystemEntries(Runs));
    }

    [TestMethod]
    public void Run_MalformedLine_NamesFileAndLine()
    {
        File.AppendAllText(Folder.File("test.txt"), "no tabs here\n");

        Assert.AreEqual(BadInput, RunTiny());

        AssertOneMessage($"test.txt, line {TinyDataset.TestDocuments + 1}: expected 3 columns as on the first line, found 1.");
    }

    [TestMethod]
    public void Run_OutputCannotBeMade_NamesIt()
    {
        Assert.AreEqual(BadInput, RunTiny("--output", Folder.File("train.txt")));

        AssertOneMessage($"train.txt cannot be made: {Folder.File("train.txt")} is a file. Give another with --output DIR.");
    }

    [TestMethod]
    [DataRow(
        "/proc/runs", "The output folder /proc/runs cannot be made: /proc takes no new files or folders. Give another with --output DIR.")]
    [DataRow("/proc", "The output folder /proc cannot be written to: /proc takes no new files or folders. Give another with --output DIR.")]
    public void Run_OutputInAPlaceForNoFiles_NamesThePlace(string output, string expected)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("/proc is Linux's.");
        }

        Assert.AreEqual(BadInput, RunTiny("--output", output));

        AssertOneMessage(expected);
    }

    [TestMethod]
    public void Run_OutputHoldsCheckpoints_OverwritesNothing()
    {
        Directory.CreateDirectory(Runs);
        File.WriteAllText(Path.Combine(Runs, "last.ckpt"), "precious");

        Assert.AreEqual(BadInput, RunTiny());

        AssertOneMessage("--resume");
        AssertOnlyLastIs("precious"u8.ToArray());
    }

    [TestMethod]
    public void Resume_NothingThere_SaysSo()
    {
        Assert.AreEqual(BadInput, RunTiny("--resume"));

        AssertOneMessage($"There is no checkpoint in {Runs} to resume from. Start without --resume");
        Assert.IsFalse(Directory.Exists(Runs), "no empty output folder is left");
        Assert.IsEmpty(Output.ToString(), "nothing was read before");
    }

    [TestMethod]
    public void Resume_FileMissing_NamesIt()
    {
        Assert.AreEqual(BadInput, RunTiny("--resume", Folder.File("gone.ckpt")));

        AssertOneMessage(
            $"{Folder.File("gone.ckpt")} does not exist. Give a file, or --resume alone for the last checkpoint in {Runs}, or start "
                + "without --resume.");
        Assert.IsFalse(Directory.Exists(Runs));
    }

    [TestMethod]
    public void Resume_Folder_SaysThatItIsOne()
    {
        Assert.AreEqual(BadInput, RunTiny("--resume", Folder.Path));

        AssertOneMessage($"{Folder.Path} is a folder, not a checkpoint");
    }

    [TestMethod]
    [DataRow(0, DisplayName = "nothing left")]
    [DataRow(1000, DisplayName = "the beginning")]
    [DataRow(-10, DisplayName = "all but the end")]
    public void Resume_CutOffCheckpoint_NamesItAndLeavesIt(int length)
    {
        Train();
        var last = Path.Combine(Runs, "last.ckpt");
        var bytes = File.ReadAllBytes(last);
        var rest = length < 0 ? bytes[..^-length] : bytes[..length];

        AssertRefused(rest, "last.ckpt");
    }

    [TestMethod]
    public void Resume_DamagedCheckpoint_NamesItAndLeavesIt()
    {
        Train();
        var bytes = File.ReadAllBytes(Path.Combine(Runs, "last.ckpt"));

        // More than one byte: a single one might be in the space between two tensors, where it does no harm.
        bytes.AsSpan(bytes.Length / 2, 2048).Fill(0x5A);

        AssertRefused(bytes, "last.ckpt");
    }

    [TestMethod]
    public void Resume_NoCheckpointAtAll_NamesItAndLeavesIt()
    {
        Directory.CreateDirectory(Runs);

        AssertRefused("just a text that somebody called last.ckpt"u8.ToArray(), "last.ckpt");
    }

    [TestMethod]
    public void Resume_CheckpointOfOtherSizes_SaysWhatDoesNotFit()
    {
        Train();

        AssertRefused(File.ReadAllBytes(Path.Combine(Runs, "last.ckpt")), "does not fit", "--hidden", "9");
    }

    [TestMethod]
    public void Resume_CheckpointOfOtherData_SaysSo()
    {
        Train();
        var last = File.ReadAllBytes(Path.Combine(Runs, "last.ckpt"));

        // As many words and labels as before, but not the same.
        foreach (var file in new[] { "train.txt", "test.txt" })
        {
            File.WriteAllText(Folder.File(file), File.ReadAllText(Folder.File(file)).Replace("any", "all"));
        }

        AssertRefused(last, "was made with other data");
    }

    private void Train()
    {
        Assert.AreEqual(0, RunTiny("--max-steps", "3"), Error.ToString());
        foreach (var best in Directory.GetFiles(Runs, "best*"))
        {
            File.Delete(best);
        }
    }

    private void AssertRefused(byte[] last, string expected, params string[] arguments)
    {
        // A new file: the old one may share its bytes with another name.
        File.Delete(Path.Combine(Runs, "last.ckpt"));
        File.WriteAllBytes(Path.Combine(Runs, "last.ckpt"), last);

        Assert.AreEqual(BadInput, RunTiny(["--resume", .. arguments]));

        AssertOneMessage(expected);
        AssertOnlyLastIs(last);
    }

    private void AssertOnlyLastIs(byte[] bytes)
    {
        CollectionAssert.AreEqual(new[] { "last.ckpt" }, Checkpoints());
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(Path.Combine(Runs, "last.ckpt")));
    }

    private void AssertOneMessage(string expected)
    {
        var message = Error.ToString().TrimEnd();
        Assert.Contains(expected, message);
        Assert.DoesNotContain("\n", message, "one message, no stack trace");
    }
}
