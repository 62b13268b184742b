using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class RunFolderTests
{
    [TestMethod]
    public void List_OurRun_ShowsStepsAndScoresNewestFirst()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);

        var run = ToolRun.Of("ls", directory.Path);

        run.AssertSucceeded();
        Assert.MatchesRegex(
            @"^file +step +epoch +val_acc +size +age +valid\n.*step=30\.ckpt +30 +3 +0\.7 .* yes\n"
                + @".*step=20\.ckpt +20 +2 +0\.9 .* yes\n.*step=10\.ckpt",
            run.Output);
    }

    [TestMethod]
    [DataRow(60, 12, DisplayName = "long folder")]
    [DataRow(10, 60, DisplayName = "long name")]
    [DataRow(120, 60, DisplayName = "folder longer than the screen")]
    public void List_PathsAreTooLongForTheScreen_NoNameOrNumberIsBroken(int folder, int name)
    {
        using var directory = new TemporaryDirectory();
        var path = Directory.CreateDirectory(directory[new string('f', folder)]).FullName;
        Samples.WriteRun(path);
        foreach (var file in Directory.GetFiles(path, "*.ckpt"))
        {
            File.Move(file, Path.Combine(path, $"{new string('n', name)}-{Path.GetFileName(file)}"));
        }

        var run = ToolRun.Of(new ToolRun.Look(Width: 80), "ls", path);

        run.AssertSucceeded();
        var words = run.Output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(path + Path.DirectorySeparatorChar, words);
        foreach (var step in (string[])["30", "20", "10"])
        {
            Assert.Contains($"{new string('n', name)}-step={step}.ckpt", words);
            Assert.Contains(step, words);
        }

        Assert.IsTrue(run.Output.Split('\n').All(line => line.Length <= 80 || line.StartsWith(path, StringComparison.Ordinal)), run.Output);
    }

    [TestMethod]
    public void List_LightningsRun_ReadsScoresThatAreTensors()
    {
        using var directory = PythonFiles.Copy("epoch=1-step=40.ckpt", "epoch=2-step=80.ckpt", "epoch=3-step=120.ckpt");

        var found = ToolRun.Of("ls", "--json", directory.Path).Json["checkpoints"]!.AsArray();

        CollectionAssert.AreEqual(new[] { 120, 80, 40 }, found.Select(item => (int)item!["step"]!).ToArray());
        CollectionAssert.AreEqual(new[] { 0.375, 0.25, 0.5 }, found.Select(item => (double)item!["score"]!).ToArray());
        Assert.AreEqual("val_loss", (string?)found[0]!["monitor"]);
    }

    [TestMethod]
    public void List_DamagedFile_IsSaidAndFails()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);
        File.WriteAllBytes(directory["step=20.ckpt"], File.ReadAllBytes(directory["step=20.ckpt"])[..200]);

        var run = ToolRun.Of("ls", directory.Path);

        Assert.AreEqual(1, run.Code);
        Assert.MatchesRegex(@"(?m)^.*step=20\.ckpt +- +- +- .* NO$", run.Output);
        Assert.Contains("step=20.ckpt", run.Error);
    }

    [TestMethod]
    public void Prune_WithoutYes_RemovesNothing()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);

        var run = ToolRun.Of("prune", directory.Path, "--keep-best", "1");

        run.AssertSucceeded();
        Assert.Contains("Would remove: 1 file", run.Output);
        Assert.MatchesRegex(@"step=30\.ckpt .*keep \(newest\)", run.Output);
        Assert.MatchesRegex(@"step=20\.ckpt .*keep \(best\)", run.Output);
        Assert.MatchesRegex(@"step=10\.ckpt .*remove", run.Output);
        Assert.HasCount(3, Directory.GetFiles(directory.Path));
    }

    [TestMethod]
    [DataRow("--keep-best 1", "20 30")]
    [DataRow("--keep-best 1 --mode min", "10 30")]
    [DataRow("--keep-last 1", "20 30")]
    [DataRow("--keep-last 1 --mode min", "10 30")]
    [DataRow("--keep-last 2", "20 30")]
    [DataRow("--keep-every 10", "10 20 30")]
    [DataRow("--keep-every 20", "20 30")]
    [DataRow("--keep-last 1 --keep-every 20", "20 30")]
    [DataRow("--keep-newer-than 7d", "10 20 30")]
    [DataRow("--damaged", "10 20 30")]
    public void Prune_Yes_KeepsWhatARuleKeeps(string rules, string kept)
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);

        ToolRun.Of(["prune", directory.Path, "--yes", .. rules.Split(' ')]).AssertSucceeded();

        Assert.AreEqual(
            kept,
            string.Join(
                ' ',
                Directory.GetFiles(directory.Path)
                    .Select(path => Path.GetFileNameWithoutExtension(path)["step=".Length..])
                    .Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    public void Prune_OldCheckpoints_GoByTheClock()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);
        var time = new FakeTimeProvider();
        foreach (var path in Directory.GetFiles(directory.Path))
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(8));
        }

        ToolRun.Of(new ToolRun.Look(Time: time), "prune", directory.Path, "--keep-newer-than", "7d", "-y").AssertSucceeded();

        CollectionAssert.AreEquivalent(
            new[] { directory["step=30.ckpt"], directory["step=20.ckpt"] }, Directory.GetFiles(directory.Path), "the newest, and the best");
    }

    [TestMethod]
    public void Prune_NewestIsDamaged_KeepsTheNewestValid()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);
        var path = directory["step=30.ckpt"];
        Samples.Damage(path, Samples.Find(path, BitConverter.GetBytes(30f)));

        ToolRun.Of("prune", directory.Path, "--keep-last", "1", "--damaged", "-y").AssertSucceeded();

        Assert.AreEqual(directory["step=20.ckpt"], Directory.GetFiles(directory.Path).Single());
    }

    [TestMethod]
    public void Prune_FilesThatAreNoCheckpointsOfARun_Stay()
    {
        using var directory = PythonFiles.Copy("weights.pt");
        Samples.WriteRun(directory.Path);

        ToolRun.Of("prune", directory.Path, "--keep-last", "1", "-y").AssertSucceeded();

        CollectionAssert.AreEquivalent(
            new[] { directory["step=20.ckpt"], directory["step=30.ckpt"], directory["weights.pt"] }, Directory.GetFiles(directory.Path));
    }

    [TestMethod]
    public void Prune_WrongUse_SaysWhatToDo()
    {
        using var directory = PythonFiles.Copy("weights.pt");

        ToolRun.Of("prune", directory.Path).AssertFailed(2, "--keep-best 3");
        ToolRun.Of("prune", directory.Path, "--keep-last", "0").AssertFailed(2, "--keep-last is '0'", "1 or more");
        ToolRun.Of("prune", directory.Path, "--keep-newer-than", "soon").AssertFailed(2, "'soon'", "7d");
        ToolRun.Of("prune", directory.Path, "--keep-best", "2").AssertFailed(2, "have none");
        ToolRun.Of("ls", directory["empty"]).AssertFailed(2, "does not exist");
    }
}
