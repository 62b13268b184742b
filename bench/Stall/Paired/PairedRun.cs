using System.Diagnostics;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// What saving adds to a training, told from a machine that changes its speed by more than that: short blocks of steps in one process,
/// every other one without a save, the ways of saving between them in random order. A block is set against its two neighbours.
/// </summary>
internal static class PairedRun
{
    /// <summary>Measures.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="create">Creates the training.</param>
    /// <param name="createTorchSharp">Creates the same training with TorchSharp's optimizer, measured without saves; null for none.</param>
    /// <returns>The exit code.</returns>
    public static int Run(PairedSettings settings, Func<BareTraining> create, Func<BareTraining>? createTorchSharp = null)
    {
        Directory.CreateDirectory(settings.Stall.Directory);
        try
        {
            using var training = create();
            using var torchSharp = createTorchSharp?.Invoke();
            foreach (var threads in settings.Threads)
            {
                set_num_threads(threads);
                Measure(training, torchSharp, settings, threads);
            }
        }
        finally
        {
            Directory.Delete(settings.Stall.Directory, recursive: true);
        }

        return 0;
    }

    private static void Measure(BareTraining training, BareTraining? torchSharp, PairedSettings settings, int threads)
    {
        using var none = new PairedWay("none", training, settings);

        var incremental = settings.Chain is null ? null : new IncrementalWay(training, settings);

        // The one that does not save either shows what the machine does to the others.
        PairedWay[] ways =
        [
            new PairedWay("noise", training, settings),
            new DurableWay(DurableWay.Whole, training, settings),
            new SupersedingWay(waits: false, training, settings),
            new SupersedingWay(waits: true, training, settings),
            new FloorWay(FloorWay.Once, training, settings),
            new FloorWay(FloorWay.Copied, training, settings),
            new FloorWay(FloorWay.Continuous, training, settings),

            // The floor of increments follows them: it writes as many bytes.
            .. incremental is null
                ? Array.Empty<PairedWay>()
                : [incremental, new FloorWay(FloorWay.Increment, training, settings, () => incremental.ByteLength)],

            // TorchSharp's optimizer without a save, beside the fused one.
            .. torchSharp is null ? Array.Empty<PairedWay>() : [new PairedWay("torch-none", torchSharp, settings)],
        ];
        try
        {
            Array.ForEach(ways, way => way.WarmUp());
            var step = Alternate(none, ways, settings);
            using var state = training.ToState(0);
            var megabytes = StorageLayout.Of(state).ByteLength / (double)(1 << 20);
            Array.ForEach(ways, way => JsonLine.Print(way.ToResult(step, threads, megabytes)));
        }
        finally
        {
            Array.ForEach(ways, way => way.Dispose());
        }
    }

    /// <summary>Runs the blocks, and gives the median time of a step in one that does not save.</summary>
    private static double Alternate(PairedWay none, PairedWay[] ways, PairedSettings settings)
    {
        var random = new Random(1);
        PairedWay[] order = [.. ways];
        var begun = Stopwatch.GetTimestamp();
        var blocks = new List<Block> { none.Run() };
        do
        {
            random.Shuffle(order);
            foreach (var way in order)
            {
                var block = way.Run();
                blocks.Add(none.Run());
                way.Add(block, blocks[^2], blocks[^1]);
            }
        }
        while (Stopwatch.GetElapsedTime(begun).TotalSeconds < settings.Seconds);

        return Arms.Median([.. blocks.Select(block => block.Step)]);
    }
}
