namespace Fulgurite.Tests.Callbacks.Conformance;

// What is left when a run ends early.
public abstract partial class ModelCheckpointSuite
{
    [TestMethod]
    [TestProperty("Behaviour", "MC55")]
    public void OnException_StepIsSaved_MakesNoSecondFile()
    {
        var starts = 0;
        var failing = new HookCallback { EpochStart = () => _ = ++starts == 2 ? throw new InvalidDataException("not now") : 0 };

        var run = Fit(o => o.SaveOnException = true, epochs: 2, others: [failing]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.AreSequenceEqual(["epoch=0-step=4.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC57")]
    public void OnException_AnyHookOfACallback_LeavesACheckpointThatLoads()
    {
        foreach (var hook in RaisingCallback.Hooks)
        {
            FailsAndLeavesACheckpoint(hook, new PolicyModule(), new RaisingCallback(hook));
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC56")]
    public void OnException_AnyHookOfTheModule_LeavesACheckpointThatLoads()
    {
        foreach (var hook in RaisingModule.Hooks)
        {
            FailsAndLeavesACheckpoint(hook, new RaisingModule(hook));
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC56")]
    [TestProperty("Behaviour", "MC57")]
    public void OnFitEnd_Throws_EverythingIsSavedByThen()
    {
        var failing = new LambdaCallback().On<OnFitEndArguments>(_ => throw new InvalidDataException("at the end"));
        var run = Fit(o => (o.SaveLast, o.Monitor) = (true, "val"), epochs: 2, others: [failing]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.AreSequenceEqual(["epoch=1-step=8.ckpt", "last.ckpt"], Files());
        Assert.AreEqual(Path.Combine(Folder, "last.ckpt"), run.Callback.LastModelPath);
        var again = Fit(o => (o.SaveLast, o.Monitor) = (true, "val"), epochs: 2, resume: "last").Succeeded();

        // Two names hold the newest state. Written in the background, the best may be the later one: the run resumes from it, and saves
        // the last again.
        Assert.AreEqual(run.Trainer.GlobalStep, again.Trainer.GlobalStep);
        Assert.IsTrue(again.IO.Saves is [] or ["last.ckpt"], string.Join(", ", again.IO.Saves));
    }

    private void FailsAndLeavesACheckpoint(string hook, PolicyModule module, params Callback[] others)
    {
        var folder = Path.Combine(Folder, hook);
        var run = Fit(o => (o.SaveOnException, o.SaveTopK, o.DirPath) = (true, 0, folder), module, epochs: 2, batches: 2, others: others);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure, hook);
        Assert.AreSequenceEqual(["last.ckpt"], Files(folder), hook);
        using var state = Load(Path.Combine(folder, "last.ckpt"));
        Assert.IsNotEmpty(state["state_dict"].AsMap(), hook);
        Assert.AreEqual(run.Trainer.GlobalStep, state["global_step"].AsInteger(), hook);
    }
}
