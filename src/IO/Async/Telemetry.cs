using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fulgurite.IO;

/// <summary>The counters of one <see cref="AsyncCheckpointIO"/>, for its statistics and its metrics. Thread-safe.</summary>
/// <param name="time">The clock.</param>
/// <param name="isHeard">Whether to publish metrics and activities.</param>
internal sealed class Telemetry(TimeProvider time, bool isHeard = true)
{
    private static readonly Histogram<double> StallDuration = StorageTelemetry.Meter.CreateHistogram(
        "training.checkpoint.stall.duration", "s", "The time that the training thread waited for a save.", tags: null,
        StorageTelemetry.Seconds);
    private static readonly Histogram<double> WriteDuration = StorageTelemetry.Meter.CreateHistogram(
        "training.checkpoint.write.duration", "s", "The duration of writing, syncing and publishing a checkpoint.", tags: null,
        StorageTelemetry.Seconds);
    private static readonly Histogram<long> Size = StorageTelemetry.Meter.CreateHistogram<long>(
        "training.checkpoint.size", "By", "The bytes of a durable checkpoint.");
    private static readonly UpDownCounter<long> Pending = StorageTelemetry.Meter.CreateUpDownCounter<long>(
        "training.checkpoint.pending", "{checkpoint}", "Saves that have not ended.");
    private static readonly Counter<long> Outcomes = StorageTelemetry.Meter.CreateCounter<long>(
        "training.checkpoint.saves", "{checkpoint}", "Saves by how they ended.");

    private readonly long[] _counts = new long[Enum.GetValues<Count>().Length];
    private readonly long[] _ticks = new long[Enum.GetValues<Phase>().Length];

    /// <summary>The counters.</summary>
    public enum Count
    {
        Saves,
        Captures,
        Linked,
        Durable,
        Superseded,
        Cancelled,
        Failed,
        Torn,
        Waits,
        CapturedBytes,
        FrozenCopies,

        /// <summary>The processor time of the writer, in ticks of <see cref="TimeSpan"/>.</summary>
        WriterTicks,
    }

    /// <summary>The timed phases.</summary>
    public enum Phase
    {
        Plan,
        Capture,
        Backpressure,
        Fence,
        Write,
    }

    /// <summary>Creates all instruments and compiles their use, which would otherwise be the larger part of the first save.</summary>
    public static void Prepare()
    {
        // Creates the instruments of both classes. None of this is visible to listeners.
        if (Pending.Enabled)
        {
            Pending.Add(0);
        }

        _ = StorageTelemetry.IsRecording;
        _ = NameOf(Phase.Plan);
    }

    public void Add(Count count, long amount = 1) => Interlocked.Add(ref _counts[(int)count], amount);

    public long Of(Count count) => Interlocked.Read(ref _counts[(int)count]);

    public TimeSpan Of(Phase phase) => TimeSpan.FromTicks(Interlocked.Read(ref _ticks[(int)phase]));

    /// <summary>Starts timing a phase; disposing the result ends it.</summary>
    public Timed Begin(Phase phase) => new(
        this, phase, time.GetTimestamp(),
        isHeard && StorageTelemetry.Source.HasListeners() ? StorageTelemetry.Source.StartActivity($"checkpoint.{NameOf(phase)}") : null);

    /// <summary>Records an accepted save.</summary>
    public void Accepted()
    {
        Add(Count.Saves);
        if (isHeard && Pending.Enabled)
        {
            Pending.Add(1);
        }
    }

    /// <summary>Records a stall of the training thread.</summary>
    public void Stalled(TimeSpan stall, string trigger)
    {
        if (isHeard && StallDuration.Enabled)
        {
            StallDuration.Record(stall.TotalSeconds, new KeyValuePair<string, object?>("training.checkpoint.trigger", trigger));
        }
    }

    /// <summary>Records the result of a save.</summary>
    public void Ended(Count outcome)
    {
        Add(outcome);
        if (isHeard)
        {
            Pending.Add(-1);
            Outcomes.Add(1, new KeyValuePair<string, object?>("training.checkpoint.outcome", NameOf(outcome)));
        }
    }

    /// <summary>Records a completed or failed write.</summary>
    public void Written(TimeSpan time, long byteCount, Exception? failure)
    {
        if (!isHeard)
        {
            return;
        }

        if (failure is null)
        {
            WriteDuration.Record(time.TotalSeconds);
            Size.Record(byteCount);
        }
        else
        {
            WriteDuration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("error.type", failure.GetType().Name));
        }
    }

    /// <summary>Returns the counters as public statistics.</summary>
    /// <param name="memoryBytes">The memory used by snapshots.</param>
    public AsyncCheckpointStatistics ToStatistics(long memoryBytes) => new(
        Saves: Of(Count.Saves),
        Captures: Of(Count.Captures),
        Durable: Of(Count.Durable),
        Linked: Of(Count.Linked),
        Superseded: Of(Count.Superseded),
        Cancelled: Of(Count.Cancelled),
        Failed: Of(Count.Failed),
        Torn: Of(Count.Torn),
        Waits: Of(Count.Waits),
        CapturedBytes: Of(Count.CapturedBytes),
        FrozenCopies: Of(Count.FrozenCopies),
        PlanTime: Of(Phase.Plan),
        CaptureTime: Of(Phase.Capture),
        WaitTime: Of(Phase.Backpressure),
        FenceTime: Of(Phase.Fence),
        WriteTime: Of(Phase.Write),
        MemoryBytes: memoryBytes,
        WriterProcessorTime: TimeSpan.FromTicks(Of(Count.WriterTicks)));

    private static string NameOf(Phase phase) => phase switch
    {
        Phase.Plan => "plan",
        Phase.Capture => "capture",
        Phase.Backpressure => "backpressure",
        Phase.Fence => "fence",
        _ => "write",
    };

    private static string NameOf(Count outcome) => outcome switch
    {
        Count.Durable => "durable",
        Count.Superseded => "superseded",
        Count.Cancelled => "cancelled",
        _ => "failed",
    };

    private TimeSpan End(Phase phase, long start)
    {
        var elapsed = time.GetElapsedTime(start);
        Interlocked.Add(ref _ticks[(int)phase], elapsed.Ticks);
        if (isHeard && StorageTelemetry.IsRecording)
        {
            StorageTelemetry.Record(NameOf(phase), elapsed);
        }

        return elapsed;
    }

    /// <summary>A phase being timed.</summary>
    public readonly struct Timed(Telemetry telemetry, Phase phase, long start, Activity? activity) : IDisposable
    {
        public TimeSpan End()
        {
            activity?.Dispose();
            return telemetry.End(phase, start);
        }

        public void Dispose() => End();
    }
}
