using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Exactness;

/// <summary>One arm: all models in this process, whose kernels it chooses first.</summary>
internal static class ExactnessArm
{
    private const int WarmUp = 10;
    private const int FewestSteps = 10;

    public static void Run(bool isExact, int milliseconds, int threads)
    {
        AppContext.SetSwitch(ReproducibleKernels.SwitchName, isExact);
        ReproducibleKernels.Request();
        set_num_threads(threads);
        foreach (var (name, make) in ExactnessModels.All)
        {
            manual_seed(1);
            using var model = make();
            var times = Measure(model, milliseconds);
            JsonLine.Print(new JsonObject
            {
                ["model"] = name,
                ["us"] = JsonLine.Round(Arms.Median(times)),
                ["least_us"] = JsonLine.Round(times.Min()),
                ["mode"] = ReproducibleKernels.Mode,
            });
        }
    }

    /// <summary>The times of the steps, in microseconds.</summary>
    private static List<double> Measure(ExactnessModel model, int milliseconds)
    {
        for (var step = 0; step < WarmUp; step++)
        {
            model.Step();
        }

        var times = new List<double>();
        var start = Stopwatch.GetTimestamp();
        while (times.Count < FewestSteps || Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            var begin = Stopwatch.GetTimestamp();
            model.Step();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }

        return times;
    }
}
