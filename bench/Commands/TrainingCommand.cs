using System.CommandLine;
using AttentionXml.Batches;
using Fulgurite.Bench.Training;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Commands;

/// <summary><c>training</c>: whole trainings by the trainer and by a hand-written loop.</summary>
internal static class TrainingCommand
{
    public static Command Create()
    {
        var work = new Option<string[]>("--work")
        {
            DefaultValueFactory = _ => ["xml", "characters"],
            AllowMultipleArgumentsPerToken = true,
            Description = "xml (the AttentionXml sample, flat, generated documents), characters (the CharacterLanguageModel sample).",
        };
        work.AcceptOnlyFromAmong("xml", "characters");
        var batches = Option.Of("--batches", 100, "Batches of an epoch at most.");
        var epochs = Option.Of("--epochs", 2, "Epochs of a training.");
        var rounds = Option.Of("--rounds", 9, "Trainings of each arm that count, in turns after one of warm-up.");
        var threads = Option.Of("--threads", 0, "Threads that compute; 0 for libtorch's choice.");
        var command = new Command(
            "training", "A whole training by the trainer beside a hand-written loop, with the optimizer of TorchSharp and the fused one.")
        {
            work, batches, epochs, rounds, threads,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(threads) is > 0 and var count)
            {
                set_num_threads(count);
            }

            foreach (var name in result.GetValue(work)!)
            {
                Run(name, result.GetValue(batches), result.GetValue(epochs), result.GetValue(rounds));
            }
        });
        return command;
    }

    private static void Run(string name, int batches, int epochs, int rounds)
    {
        if (name == "characters")
        {
            new TrainingRun<Tensor>(name, new CharacterWork(batches), epochs, rounds).Run();
            return;
        }

        var directory = Directory.CreateTempSubdirectory("fulgurite-bench-training-").FullName;
        try
        {
            var work = new XmlWork(Path.Combine(directory, "data"), batches);
            new TrainingRun<TextBatch>(name, work, epochs, rounds).Run();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
