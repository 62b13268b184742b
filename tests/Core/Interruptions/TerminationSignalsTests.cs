using System.Runtime.InteropServices;

namespace Fulgurite.Tests.Core.Interruptions;

[TestClass]
public sealed class TerminationSignalsTests
{
    [TestMethod]
    [DataRow(PosixSignal.SIGINT, 130)]
    [DataRow(PosixSignal.SIGTERM, 143)]
    [TestProperty("Behaviour", "SG1")]
    [TestProperty("Behaviour", "SG10")]
    public void Raise_First_CancelsAndKeepsTheCode(PosixSignal signal, int code)
    {
        var told = new List<PosixSignal>();
        using var signals = new TerminationSignals(told.Add);
        Assert.AreEqual(0, signals.ExitCode);
        Assert.IsNull(signals.Received);

        signals.Raise(signal);

        Assert.IsTrue(signals.Token.IsCancellationRequested);
        Assert.AreEqual(code, signals.ExitCode);
        Assert.AreEqual(signal, signals.Received);
        Assert.AreSequenceEqual(new[] { signal }, told);
    }

    [TestMethod]
    public void Raise_CtrlCAfterTheFirst_ExitsAtOnce()
    {
        var exits = new List<int>();
        using var signals = new TerminationSignals(null, exits.Add);

        signals.Raise(PosixSignal.SIGTERM);
        signals.Raise(PosixSignal.SIGTERM);
        Assert.IsEmpty(exits, "SIGTERM may come twice");

        signals.Raise(PosixSignal.SIGINT);
        Assert.AreSequenceEqual(new[] { 130 }, exits);
        Assert.AreEqual(143, signals.ExitCode, "the first one says why the run ended");
    }

    [TestMethod]
    public void Raise_CtrlCAfterTheFirst_ReportsBeforeItExits()
    {
        var order = new List<string>();
        using var signals = new TerminationSignals(null, code => order.Add($"exit {code}"), () => order.Add("report"));

        signals.Raise(PosixSignal.SIGINT);
        Assert.IsEmpty(order);

        signals.Raise(PosixSignal.SIGINT);
        Assert.AreSequenceEqual(new[] { "report", "exit 130" }, order);
    }

    [TestMethod]
    public void Raise_ReportWaitsOrThrows_ExitsAllTheSame()
    {
        using var never = new ManualResetEventSlim();
        foreach (var report in new Action[] { never.Wait, () => throw new IOException("The terminal is gone.") })
        {
            var exits = new List<int>();
            using var signals = new TerminationSignals(null, exits.Add, report);

            signals.Raise(PosixSignal.SIGINT);
            signals.Raise(PosixSignal.SIGINT);

            Assert.AreSequenceEqual(new[] { 130 }, exits);
        }

        never.Set();
    }

    [TestMethod]
    public void Raise_WhoIsToldThrows_CancelsAllTheSame()
    {
        using var signals = new TerminationSignals(_ => throw new IOException("The terminal is gone."));

        Assert.ThrowsExactly<IOException>(() => signals.Raise(PosixSignal.SIGINT));

        Assert.IsTrue(signals.Token.IsCancellationRequested);
    }

    [TestMethod]
    public void Raise_AfterDispose_DoesNothing()
    {
        var signals = new TerminationSignals();
        var token = signals.Token;
        signals.Dispose();
        signals.Dispose();

        signals.Raise(PosixSignal.SIGTERM);

        Assert.IsFalse(token.IsCancellationRequested);
    }

    [TestMethod]
    public void Raise_AnotherSignal_IsRefused()
    {
        using var signals = new TerminationSignals();

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => signals.Raise((PosixSignal)(-5)));
    }
}
