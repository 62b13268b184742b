using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;

namespace Fulgurite.Bench.Commands;

/// <summary><c>capture</c>: what turning live tensors into a snapshot costs, beside copying the same bytes.</summary>
internal static class CaptureCommand
{
    public static Command Create()
    {
        var shape = Option.Of("--shape", "few", "few, transformer, many or tied.");
        var megabytes = Option.Of<long>("--mb", 1024, "The size of the state, in MiB.");
        var rounds = Option.Of("--rounds", 9, "How often each arm is measured, after one round of warm-up.");
        var command = new Command(
            "capture",
            "Capture into the pool, blocking and overlapped, beside a parallel memcpy of the same bytes.") { shape, megabytes, rounds };
        command.SetAction(result => Run(result.GetValue(shape)!, result.GetValue(megabytes), result.GetValue(rounds)));
        return command;
    }

    private static void Run(string shape, long megabytes, int rounds)
    {
        using var live = new BenchState(shape, megabytes);
        var threads = Math.Min(Environment.ProcessorCount, 4);
        using var memcpy = new ParallelMemcpy(live.ToState(0), threads);
        using var blocking = new Arm(new AsyncCheckpointOptions { Overlap = false });
        using var overlapped = new Arm(new AsyncCheckpointOptions());
        var copy = new Samples();
        for (var round = 0; round <= rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            memcpy.Run();
            if (round > 0)
            {
                copy.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            blocking.Save(live, round, isWarmUp: round == 0);
            overlapped.Save(live, round, isWarmUp: round == 0);
        }

        var bytes = (double)memcpy.ByteLength;
        JsonLine.Print(new JsonObject
        {
            ["command"] = "capture",
            ["shape"] = shape,
            ["mb"] = JsonLine.Round(bytes / (1 << 20)),
            ["tensors"] = live.TensorCount,
            ["capture_gbps"] = JsonLine.Round(bytes / blocking.Submit.Median / 1e6),
            ["memcpy_gbps"] = JsonLine.Round(bytes / copy.Median / 1e6),
            ["capture_vs_memcpy"] = JsonLine.Round(blocking.Submit.Median / copy.Median),
            ["us_per_tensor"] = JsonLine.Round(overlapped.Submit.Median * 1000 / live.TensorCount),
            ["blocking_ms"] = JsonLine.Round(blocking.Submit.Median),
            ["overlapped_ms"] = JsonLine.Round(overlapped.Submit.Median),
            ["overlapped_ms_max"] = JsonLine.Round(overlapped.Submit.Max),
            ["describe_us_per_tensor"] = JsonLine.Round(overlapped.Describe.Median * 1000 / live.TensorCount),
            ["peak_mb"] = JsonLine.Round(overlapped.MemoryBytes / (double)(1 << 20)),
            ["plan_us_per_tensor"] = JsonLine.Round(overlapped.PlanMs * 1000 / live.TensorCount),
            ["capture_us_per_tensor"] = JsonLine.Round(overlapped.CaptureMs * 1000 / live.TensorCount),
            ["threads"] = threads,
        });
    }

    /// <summary>One way of capturing, with what it took.</summary>
    private sealed class Arm(AsyncCheckpointOptions options) : IDisposable
    {
        private readonly DiscardingCheckpointIO _sink = new();
        private AsyncCheckpointIO? _io;

        public Samples Submit { get; } = new();

        public Samples Describe { get; } = new();

        /// <summary>The mean of matching the plan, the first time included.</summary>
        public double PlanMs => _io!.Statistics.PlanTime.TotalMilliseconds / _io.Statistics.Captures;

        /// <summary>The mean of what was copied and noted before a save returned.</summary>
        public double CaptureMs => _io!.Statistics.CaptureTime.TotalMilliseconds / _io.Statistics.Captures;

        public long MemoryBytes => _io!.Statistics.MemoryBytes;

        public void Save(BenchState live, int round, bool isWarmUp)
        {
            _io ??= new AsyncCheckpointIO(_sink, options);
            var start = Stopwatch.GetTimestamp();
            var state = live.ToState(round);
            var described = Stopwatch.GetTimestamp();
            var operation = _io.Submit(state, "capture", null);
            var submitted = Stopwatch.GetTimestamp();
            _sink.Check = isWarmUp ? captured => AssertSame(state, captured) : null;
            operation.Durable.GetAwaiter().GetResult();
            _io.BeforeParametersChange();
            _io.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
            if (!isWarmUp)
            {
                Describe.Add(Stopwatch.GetElapsedTime(start, described).TotalMilliseconds);
                Submit.Add(Stopwatch.GetElapsedTime(described, submitted).TotalMilliseconds);
            }
        }

        public void Dispose() => _io?.DisposeAsync().AsTask().GetAwaiter().GetResult();

        private static void AssertSame(TrainingState live, TrainingState captured)
        {
            foreach (var (path, tensor) in captured.Tensors())
            {
                var expected = live.Find(path)!.AsTensor();
                var length = (int)Math.Min(tensor.ByteLength, 1 << 20);
                if (!tensor.Storage.GetBytes(0, length).SequenceEqual(expected.Storage.GetBytes(0, length)))
                {
                    throw new InvalidOperationException($"The capture of {path} is not what the tensor holds.");
                }
            }
        }
    }
}
