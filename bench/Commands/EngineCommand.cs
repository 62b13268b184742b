using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Commands;

/// <summary><c>engine</c>: what one call costs from C#, beside the same call from Python's torch.</summary>
internal static class EngineCommand
{
    public static Command Create()
    {
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1, Description = "Threads of libtorch, in both." };
        var features = new Option<int>("--features") { DefaultValueFactory = _ => 64, Description = "Width of the Linear layers." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 32, Description = "Rows of the input." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 15, Description = "Rounds, in each of which every arm is measured." };
        var command = new Command("engine", "A small add, a Linear forward and backward, an Adam step: from C# and from Python.") { threads, features, batch, rounds };
        command.SetAction(result => Run(result.GetValue(threads), result.GetValue(features), result.GetValue(batch), result.GetValue(rounds)));
        return command;
    }

    private static int Run(int threads, int features, int batch, int rounds)
    {
        set_num_threads(threads);
        manual_seed(1);
        using var outer = NewDisposeScope();
        using var peer = PythonPeer.TryStart("engine.py", out var missing, $"{threads}", $"{features}", $"{batch}");
        var (left, right, inputs) = (rand(16), rand(16), rand(batch, features));
        using var linear = nn.Linear(features, features);
        using var network = nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, features));
        using var adam = optim.Adam(network.parameters(), lr: 1e-3);
        network.call(inputs).sum().backward();

        Measure("add", 20_000, () => left.add(right).Dispose());
        Measure("linear", 3_000, () =>
        {
            linear.weight!.grad = null;
            linear.bias!.grad = null;
            using var scope = NewDisposeScope();
            linear.call(inputs).sum().backward();
        });
        Measure("adam", 3_000, () =>
        {
            using var scope = NewDisposeScope();
            adam.step();
        });
        return 0;

        void Measure(string work, int repeats, Action once)
        {
            var arms = new List<Func<double>> { () => Time(once, repeats) };
            if (peer is not null)
            {
                arms.Add(() => peer.Ask($"{work} {repeats}")["us"]!.GetValue<double>());
            }

            var medians = Arms.Medians(rounds, [.. arms]);
            JsonLine.Print(new JsonObject
            {
                ["command"] = "engine",
                ["work"] = work,
                ["us"] = JsonLine.Round(medians[0]),
                ["python_us"] = peer is null ? null : JsonLine.Round(medians[1]),
                ["ratio"] = peer is null ? null : JsonLine.Round(medians[0] / medians[1]),
                ["peer"] = peer is null ? missing : PythonPeer.Version,
                ["threads"] = threads,
                ["features"] = features,
                ["batch"] = batch,
            });
        }
    }

    private static double Time(Action once, int repeats)
    {
        var start = Stopwatch.GetTimestamp();
        for (var index = 0; index < repeats; index++)
        {
            once();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats;
    }
}
