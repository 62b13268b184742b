using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Optim;

/// <summary>
/// One run of <c>optim</c>: the same AdamW step by ours, by TorchSharp, by libtorch's fused operator and by Python, gradients ready, in
/// turns.
/// </summary>
internal sealed unsafe class OptimRun(IReadOnlyList<string> shapes, double scale, int rounds, int threads, bool peers)
{
    private const double Rate = 1e-3;
    private const double Decay = 1e-2;

    public static readonly string[] Shapes = ["mlp", "transformer", "tiny", "embedding"];

    public void Run()
    {
        if (threads > 0)
        {
            set_num_threads(threads);
        }

        foreach (var shape in shapes)
        {
            Measure(shape, [.. SizesOf(shape)]);
        }
    }

    private void Measure(string shape, long[] sizes)
    {
        manual_seed(1);
        Parameter[] Make() => [.. sizes.Select(size => nn.Parameter(randn(size)))];
        Parameter[] own = Make(), theirs = Make(), native = Make();
        var gradients = Array.ConvertAll(sizes, size => randn(size));
        foreach (var (parameters, index) in new[] { own, theirs }.SelectMany(set => set.Select((parameter, index) => (parameter, index))))
        {
            parameters.grad = gradients[index];
        }

        using var ours = new FusedAdamW(own, Rate, weight_decay: Decay);
        using var torchSharp = optim.AdamW(theirs, Rate, weight_decay: Decay);
        using var fused = new LibtorchFused(native, gradients);
        using var peer = peers ? PythonPeer.TryStart("optim.py", out _, $"{get_num_threads()}", string.Join(',', sizes)) : null;
        var bytes = sizes.Sum() * sizeof(float);
        using var memory = new Copies(Math.Max(bytes * 3, 1 << 20), get_num_threads());
        var arms = new List<Func<double>>
        {
            () => Time(() => ours.step()),
            () => Time(() => torchSharp.step()),
            () => Time(() => fused.Step(Rate, Decay)),
            () => Time(memory.Run),
        };
        if (peer is not null)
        {
            arms.Add(() => (double)peer.Ask($"step")["ms"]!);
        }

        var medians = Arms.Medians(rounds, [.. arms]);
        var copying = Arms.Medians(rounds, [() => Time(() => ours.step()), () => TimeCopying(ours, memory)]);
        var faults = Arms.Medians(
            rounds, [() => PageFaults.In(() => Time(() => ours.step())), () => PageFaults.In(() => Time(() => torchSharp.step()))]);
        var result = new JsonObject
        {
            ["command"] = "optim",
            ["optimizer"] = "AdamW",
            ["shape"] = shape,
            ["tensors"] = sizes.Length,
            ["parameters"] = sizes.Sum(),
            ["threads"] = get_num_threads(),
            ["step_ms"] = JsonLine.Round(medians[0]),
            ["copying_ratio"] = JsonLine.Round(copying[1] / copying[0]),
            ["torchsharp_ms"] = JsonLine.Round(medians[1]),
            ["libtorch_ms"] = JsonLine.Round(medians[2]),
            ["gbps"] = JsonLine.Round(bytes * 7 / medians[0] / 1e6),
            ["memcpy_gbps"] = JsonLine.Round(memory.ByteLength * 2 / medians[3] / 1e6),
            ["ratio_torchsharp"] = JsonLine.Round(medians[0] / medians[1]),
            ["ratio_torchsharp_goal"] = 0.3,
            ["ratio_libtorch"] = JsonLine.Round(medians[0] / medians[2]),
            ["ratio_libtorch_goal"] = 1.1,
            ["faults"] = JsonLine.Round(faults[0]),
            ["torchsharp_faults"] = JsonLine.Round(faults[1]),
        };
        if (peer is not null)
        {
            result["ratio_python"] = JsonLine.Round(medians[0] / medians[4]);
            result["peer"] = PythonPeer.Version;
        }

        JsonLine.Print(result);
        foreach (var tensor in own.Concat(theirs).Concat(native).Concat(gradients))
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<long> SizesOf(string shape) => shape switch
    {
        "mlp" => Enumerable.Range(0, 6).SelectMany(_ => new[] { Scaled(2048L * 2048), 2048 }),
        "transformer" => Enumerable.Range(0, 20).SelectMany(
            _ => new long[]
            {
                Scaled(512L * 512), 512, Scaled(512L * 512), 512, Scaled(512L * 2048), 2048, Scaled(512L * 2048), 512, 512, 512,
            }),
        "tiny" => Enumerable.Repeat(64L, (int)Scaled(20_000)),
        _ => [Scaled(64_000_000)],
    };

    private long Scaled(long count) => Math.Max(1, (long)(count * scale));

    private static double Time(Action step)
    {
        using var scope = NewDisposeScope();
        var start = Stopwatch.GetTimestamp();
        step();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>A step that copies all parameters and state for a save.</summary>
    private static double TimeCopying(FusedAdamW ours, Copies memory)
    {
        using var scope = NewDisposeScope();
        IStepCopies copies = ours;
        var target = memory.Target;
        void Add(Tensor tensor)
        {
            var length = tensor.numel() * sizeof(float);
            if (!copies.TryAdd(Copies.Address(tensor), target, length))
            {
                throw new InvalidOperationException("The step does not copy one of its tensors.");
            }

            target += (nint)length;
        }

        foreach (var (parameter, state) in ours.parameters().Zip(ours.state_dict().State.Cast<AdamW.State>()))
        {
            Add(parameter);
            Add(state.exp_avg);
            Add(state.exp_avg_sq);
        }

        return Time(() =>
        {
            ours.step();
            copies.Finish();
        });
    }

    /// <summary>The bandwidth that there is: as many bytes as parameters and state have, copied by as many threads.</summary>
    private sealed class Copies(long byteLength, int threads) : IDisposable
    {
        private readonly Tensor _source = ones(byteLength / sizeof(float));
        private readonly Tensor _target = ones(byteLength / sizeof(float));

        public long ByteLength => byteLength;

        /// <summary>Gets the address of memory for parameters and state.</summary>
        public nint Target => Address(_target);

        public void Run()
        {
            var (from, to) = (Address(_source), Address(_target));
            var share = byteLength / threads;
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
                Buffer.MemoryCopy((byte*)from + (thread * share), (byte*)to + (thread * share), share, share));
        }

        public static nint Address(Tensor tensor)
        {
            using var first = tensor.detach().flatten().narrow(0, 0, 1);
            return (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(
                ref System.Runtime.InteropServices.MemoryMarshal.GetReference(first.bytes));
        }

        public void Dispose()
        {
            _source.Dispose();
            _target.Dispose();
        }
    }
}
