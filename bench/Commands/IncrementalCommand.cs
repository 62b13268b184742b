using System.CommandLine;
using Fulgurite.Bench.Incremental;

namespace Fulgurite.Bench.Commands;

/// <summary><c>incremental</c>: saves that write only changed rows, and loads of their chains, beside full files.</summary>
internal static class IncrementalCommand
{
    public static Command Create()
    {
        var megabytes = Option.Of("--mb", 1024, "Size of the embedding, in MiB.");
        var width = Option.Of("--width", 300, "Elements of a row.");
        var share = Option.Of("--share", 0.01, "Part of the rows changed between saves.");
        var chain = Option.Of("--chain", 10, "Increments after the full file.");
        var rounds = Option.Of("--rounds", 5, "Loads.");
        var arms = new Option<string[]>("--arms")
        {
            DefaultValueFactory = _ => ["hashes", "rows"],
            Description = "hashes (changed rows are found by hashing), rows (sparse gradients, in the background).",
            AllowMultipleArgumentsPerToken = true,
        };
        arms.AcceptOnlyFromAmong("hashes", "rows");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-incremental"), "Where checkpoints go; emptied at the end.");
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
