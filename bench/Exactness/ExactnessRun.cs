using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Exactness;

/// <summary>
/// One run of <c>exactness</c>: the kernels of MKL are of the process, so that each arm has one of its own in each round.
/// </summary>
internal sealed class ExactnessRun(int rounds, int milliseconds, int threads)
{
    public const string With = "with";
    public const string Without = "without";

    private readonly Dictionary<(string Model, string Arm), List<(double Median, double Least)>> _times = [];
    private readonly Dictionary<string, string> _modes = [];

    public void Run()
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var arm in round % 2 == 0 ? new[] { With, Without } : [Without, With])
            {
                Measure(arm);
            }
        }

        foreach (var model in _times.Keys.Select(key => key.Model).Distinct())
        {
            var (with, without) = (Of(model, With), Of(model, Without));
            JsonLine.Print(new JsonObject
            {
                ["command"] = "exactness",
                ["model"] = model,
                ["with_us"] = JsonLine.Round(with.Median),
                ["without_us"] = JsonLine.Round(without.Median),
                ["ratio"] = JsonLine.Round(with.Median / without.Median),
                ["ratio_of_least"] = JsonLine.Round(with.Least / without.Least),
                ["mode"] = _modes[With],
                ["mode_without"] = _modes[Without],
                ["threads"] = threads,
                ["rounds"] = rounds,
            });
        }
    }

    // The median of medians, and the fastest step of all, which other processes of the machine disturb least.
    private (double Median, double Least) Of(string model, string arm) =>
        (Arms.Median([.. _times[(model, arm)].Select(time => time.Median)]), _times[(model, arm)].Min(time => time.Least));

    private void Measure(string arm)
    {
        using var process = OwnProcess.Start(
            "exactness", "--arm", arm, "--ms", milliseconds.ToString(CultureInfo.InvariantCulture), "--threads",
            threads.ToString(CultureInfo.InvariantCulture));
        while (process.StandardOutput.ReadLine() is { } text)
        {
            var line = JsonNode.Parse(text)!;
            var key = ((string)line["model"]!, arm);
            _times.TryAdd(key, []);
            _times[key].Add(((double)line["us"]!, (double)line["least_us"]!));
            _modes[arm] = (string)line["mode"]!;
        }

        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The arm '{arm}' ended with {process.ExitCode}.");
        }
    }
}
