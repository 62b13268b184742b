namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
public sealed class RunConditionsTests
{
    private static readonly RunConditions Before = new(2, "AUTO,STRICT", "One CPU, AVX2", "2.10");

    [TestMethod]
    public void ChangesSince_TheSame_IsEmpty() => Assert.IsEmpty((Before with { }).ChangesSince(Before));

    [TestMethod]
    public void ChangesSince_EverythingElse_NamesEach() => Assert.AreEqual(
        "threads 2 (now 4); kernels AUTO,STRICT (now default); processor One CPU, AVX2 (now Another); libtorch 2.10 (now 2.11)",
        new RunConditions(4, "default", "Another", "2.11").ChangesSince(Before));

    [TestMethod]
    public void ChangesSince_WhatAFileDoesNotTell_IsLeftOut()
    {
        var old = RunConditions.Read(new StateMap { ["threads"] = 2 });

        Assert.IsEmpty(Before.ChangesSince(old));
        Assert.AreEqual("threads 2 (now 1)", (Before with { Threads = 1 }).ChangesSince(old));
    }

    [TestMethod]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var state = new StateMap();

        RunConditions.Current.Write(state);

        Assert.AreEqual(RunConditions.Current, RunConditions.Read(state));
    }
}
