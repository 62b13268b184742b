using System.CommandLine;
using Fulgurite.Bench.Incremental;

namespace Fulgurite.Bench.Commands;

/// <summary><c>incremental</c>: saves that write only changed rows, and loads of their chains, beside full files.</summary>
internal static class IncrementalCommand
{
    public static Command Create()
    {
        var megabytes = new Option<int>("--mb") { DefaultValueFactory = _ => 1024, Description = "Size of the embedding, in MiB." };
        var width = new Option<int>("--width") { DefaultValueFactory = _ => 300, Description = "Elements of a row." };
        var share = new Option<double>("--share")
        {
            DefaultValueFactory = _ => 0.01,
            Description = "Part of the rows changed between saves.",
        };
        var chain = new Option<int>("--chain") { DefaultValueFactory = _ => 10, Description = "Increments after the full file." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Loads." };
        var arms = new Option<string[]>("--arms")
        {
            DefaultValueFactory = _ => ["hashes", "rows"],
            Description = "hashes (changed rows are found by hashing), rows (sparse gradients, in the background).",
            AllowMultipleArgumentsPerToken = true,
        };
        arms.AcceptOnlyFromAmong("hashes", "rows");
        var directory = new Option<string>("--dir")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "bench-incremental"),
            Description = "Where checkpoints go; emptied at the end.",
        };
        var command = new Command("incremental", "Increments of an embedding of which a few rows change, and loads of their chain.")
        {
            megabytes, width, share, chain, rounds, arms, directory,
        };
        command.SetAction(result =>
        {
            var settings = new IncrementalSettings(
                result.GetValue(megabytes), result.GetValue(width), result.GetValue(share), result.GetValue(chain),
                result.GetValue(rounds), result.GetValue(directory)!);
            foreach (var arm in result.GetValue(arms)!)
            {
                if (arm == "hashes")
                {
                    using var run = new IncrementalRun(settings);
                    run.Run();
                }
                else
                {
                    using var run = new RowsRun(settings);
                    run.Run();
                }
            }
        });
        return command;
    }
}
