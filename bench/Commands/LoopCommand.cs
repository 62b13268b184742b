using System.CommandLine;
using Fulgurite.Bench.Loop;

namespace Fulgurite.Bench.Commands;

/// <summary><c>loop</c>: what the trainer adds to a hand-written training loop.</summary>
internal static class LoopCommand
{
    public static Command Create()
    {
        var steps = Option.Of("--steps", 3000, "Steps of one measurement.");
        var rounds = Option.Of("--rounds", 9, "Rounds, in each of which every arm is measured.");
        var peers = new Option<bool>("--peers")
        {
            Description = "Measure the same loop in Python as well, and Lightning's Trainer where it is installed.",
        };
        var command = new Command(
            "loop",
            "Linear(32,2), batch 8, SGD, one thread: the trainer, alone and with callbacks, "
                + "beside a hand-written loop.") { steps, rounds, peers };
        command.SetAction(result =>
        {
            using var run = new LoopRun(result.GetValue(steps), result.GetValue(rounds), result.GetValue(peers));
            run.Run();
        });
        return command;
    }
}
