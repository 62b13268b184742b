using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.IO.Async;

/// <summary>The priority of the thread that writes, when saves with <see cref="SaveOptions.DurableWithin"/> are late.</summary>
[TestClass]
public sealed class WriterDeadlineTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last", IsResumePoint = true, DurableWithin = TimeSpan.FromSeconds(40) };

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _names = [];

    [TestMethod]
    public async Task Write_LaterThanAQuarter_IsRaisedUntilItEnds()
    {
        var priority = new RecordedPriority();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = Create(Named(gate), priority);

        io.Submit(SampleStates.Small(1), "last", Last);
        await gate.ArrivalAsync(context.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.AreEqual("lower", priority.Calls);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.AreEqual("lower raise", priority.Calls);
        _time.Advance(TimeSpan.FromSeconds(30));
        gate.LetOneThrough();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual("lower raise lower", priority.Calls);
    }

    [TestMethod]
    public async Task Write_WithoutALimit_IsNeverRaised()
    {
        var priority = new RecordedPriority();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = Create(Named(gate), priority);

        io.Submit(SampleStates.Small(1), "last", new SaveOptions { Slot = "last", IsResumePoint = true });
        await gate.ArrivalAsync(context.CancellationToken);
        _time.Advance(TimeSpan.FromDays(1));
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual("lower", priority.Calls);
    }

    [TestMethod]
    public async Task Save_ThatWaitsTooLong_RaisesTheOneThatIsWrittenAndIsWrittenUrgently()
    {
        var priority = new RecordedPriority();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = Create(Named(gate), priority);

        io.Submit(SampleStates.Small(1), "milestone", null);
        await gate.ArrivalAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "last", Last);
        _time.Advance(TimeSpan.FromSeconds(9));

        // Takes over the time of the one that it supersedes: what counts is how old the state is that a crash would leave.
        var newest = io.Submit(SampleStates.Small(3), "last", Last);
        Assert.AreEqual("lower", priority.Calls);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual("lower raise", priority.Calls);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, newest.Outcome);
        Assert.AreEqual("lower raise lower", priority.Calls);
        Assert.AreSequenceEqual(["Fulgurite checkpoints", "Fulgurite checkpoints, urgent"], _names);
    }

    [TestMethod]
    public async Task Save_ThatIsLateWhenItIsSubmitted_RaisesTheOneThatIsWrittenAndIsWrittenUrgently()
    {
        var priority = new RecordedPriority();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = Create(Named(gate), priority);

        io.Submit(SampleStates.Small(1), "milestone", null);
        await gate.ArrivalAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "last", Last with { DurableWithin = TimeSpan.Zero });

        Assert.AreEqual("lower raise", priority.Calls);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["Fulgurite checkpoints", "Fulgurite checkpoints, urgent"], _names);
    }

    [TestMethod]
    public async Task Write_LateAndNotPermitted_IsAskedOnceAndTheNextIsWrittenUrgently()
    {
        var priority = new RecordedPriority { Permits = false };
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = Create(Named(gate), priority);

        io.Submit(SampleStates.Small(1), "first", Last with { Slot = "first" });
        await gate.ArrivalAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "last", Last with { DurableWithin = TimeSpan.FromSeconds(80) });
        _time.Advance(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(10));
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual("lower refused", priority.Calls);
        Assert.AreSequenceEqual(["Fulgurite checkpoints", "Fulgurite checkpoints, urgent"], _names);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Linux_LowerAndRaise_ChangeNiceValueAndPolicyOfTheThread()
    {
        var priority = new LinuxWriterPriority();
        (int Nice, int Policy) before = default, lowered = default;
        using var isLowered = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            before = Read("thread-self");
            priority.Lower();
            lowered = Read("thread-self");
            isLowered.Set();
            ends.Wait(context.CancellationToken);
        });
        thread.Start();
        try
        {
            isLowered.Wait(context.CancellationToken);
            Assert.AreEqual((Math.Max(10, before.Nice), 3), lowered);
            var raised = priority.TryRaise();

            Assert.AreEqual(raised ? before : lowered, Read($"self/task/{priority.Thread}"));
            Assert.IsTrue(raised || before.Nice < lowered.Nice, "Nothing had to be raised.");
        }
        finally
        {
            ends.Set();
            thread.Join();
        }
    }

    /// <summary>The nice value and the scheduling policy of a thread.</summary>
    private static (int Nice, int Policy) Read(string thread)
    {
        // From the third field on; the second one is a name in parentheses.
        var text = File.ReadAllText($"/proc/{thread}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (int.Parse(fields[19 - 3], CultureInfo.InvariantCulture), int.Parse(fields[41 - 3], CultureInfo.InvariantCulture));
    }

    private AsyncCheckpointIO Create(CheckpointIO inner, WriterPriority priority) =>
        new(inner, new AsyncCheckpointOptions { CopyThreads = 2, HugePages = false }, _time, logger: null, isHeard: false, priority);

    /// <summary>Notes which thread writes.</summary>
    private FlakyCheckpointIO Named(CheckpointIO inner) => new(inner, (_, _) =>
    {
        _names.Add(Thread.CurrentThread.Name!);
        return null;
    });

    private sealed class RecordedPriority : WriterPriority
    {
        private readonly Lock _gate = new();
        private readonly List<string> _calls = [];

        public bool Permits { get; init; } = true;

        public string Calls
        {
            get
            {
                lock (_gate)
                {
                    return string.Join(' ', _calls);
                }
            }
        }

        public override void Lower()
        {
            lock (_gate)
            {
                _calls.Add("lower");
            }
        }

        public override bool TryRaise()
        {
            lock (_gate)
            {
                _calls.Add(Permits ? "raise" : "refused");
                return Permits;
            }
        }
    }
}
