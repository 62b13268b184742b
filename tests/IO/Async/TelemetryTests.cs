using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.IO.Async;

/// <summary>Alone, since meters and activities are those of the process.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TelemetryTests(TestContext context)
{
    [TestMethod]
    public async Task Meter_SavesThatEndInEveryWay_AreMeasured()
    {
        var measured = new ConcurrentBag<(string Name, double Value, string Tag)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (string.Equals(instrument.Meter.Name, "Fulgurite", StringComparison.Ordinal))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add((instrument.Name, value, Tag(tags))));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Add((instrument.Name, value, Tag(tags))));
        listener.Start();

        using var memory = new LiveMemory(1 << 20);
        var flaky = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (path, _) => path == "fails" ? new IOException("full") : null);
        await using (var io = new AsyncCheckpointIO(flaky))
        {
            io.Submit(SampleStates.Live(memory, 1), "a", null);
            io.BeforeParametersChange();
            io.Submit(SampleStates.Live(memory, 2), "fails", null);
        }

        Assert.HasCount(1, measured.Where(one => one is { Name: "training.checkpoint.saves", Tag: "durable" }));
        Assert.HasCount(1, measured.Where(one => one is { Name: "training.checkpoint.saves", Tag: "failed" }));
        Assert.IsGreaterThanOrEqualTo(2, measured.Count(one => one.Name == "training.checkpoint.stall.duration"));
        Assert.AreEqual(0, measured.Where(one => one.Name == "training.checkpoint.pending").Sum(one => one.Value));
        Assert.AreEqual(1 << 20, measured.Single(one => one.Name == "training.checkpoint.size").Value);
        Assert.HasCount(1, measured.Where(one => one is { Name: "training.checkpoint.write.duration", Tag: nameof(IOException) }));
    }

    [TestMethod]
    public async Task ActivitySource_OneSave_HasItsPhases()
    {
        var seen = new ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => string.Equals(source.Name, "Fulgurite", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => seen.Add(activity.OperationName),
        };
        ActivitySource.AddActivityListener(listener);
        var metered = new ConcurrentBag<string>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: "Fulgurite", Name: "training.checkpoint.phase.duration" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => metered.Add(Tag(tags)));
        meters.Start();
        using var directory = new TemporaryDirectory();
        using var memory = new LiveMemory(8 << 20);
        await using (var io = new AsyncCheckpointIO(new Fulgurite.TorchCheckpointIO()))
        {
            io.Submit(SampleStates.Live(memory, 1), directory["a"], null);
            io.BeforeParametersChange();
        }

        foreach (var phase in new[] { "plan", "backpressure", "capture", "fence", "write", "sync", "commit" })
        {
            Assert.Contains($"checkpoint.{phase}", seen);
            Assert.Contains(phase, metered);
        }
    }

    [TestMethod]
    public async Task Ticket_Times_AreThoseOfTheInjectedClock()
    {
        var clock = new FakeTimeProvider();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate, timeProvider: clock);
        var first = io.Submit(SampleStates.Small(1), "a", null);
        await gate.ArrivalAsync(context.CancellationToken);
        var second = io.Submit(SampleStates.Small(2), "b", null);
        clock.Advance(TimeSpan.FromSeconds(3));
        gate.LetOneThrough();
        await first.Durable;
        await gate.ArrivalAsync(context.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(2));
        gate.Open();
        await second.Durable;

        Assert.AreEqual(TimeSpan.Zero, first.QueueTime);
        Assert.AreEqual(TimeSpan.FromSeconds(3), first.WriteTime);
        Assert.AreEqual(TimeSpan.FromSeconds(3), second.QueueTime);
        Assert.AreEqual(TimeSpan.FromSeconds(2), second.WriteTime);
        Assert.AreEqual(TimeSpan.Zero, second.Stall);
        Assert.AreEqual(TimeSpan.FromSeconds(5), io.Statistics.WriteTime);
    }

    private static string Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.Length == 0 ? string.Empty : $"{tags[0].Value}";
}
