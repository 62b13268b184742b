using System.CommandLine;
using Fulgurite.Bench.Precision;

namespace Fulgurite.Bench.Commands;

/// <summary><c>precision</c>: steps in bf16-mixed precision and in float32.</summary>
internal static class PrecisionCommand
{
    public static Command Create()
    {
        var networks = new Option<string[]>("--network")
        {
            DefaultValueFactory = _ => PrecisionModule.Names,
            AllowMultipleArgumentsPerToken = true,
            Description = "lstm (256, 512), mlp (4 x 2048), transformer (a block of width 512).",
        };
        networks.AcceptOnlyFromAmong(PrecisionModule.Names);
        var steps = Option.Of("--steps", 10, "Steps of one measurement.");
        var rounds = Option.Of("--rounds", 9, "Rounds, in each of which both are measured, after one of warm-up.");
        var command = new Command("precision", "A training step in bf16-mixed precision beside one in float32.")
        {
            networks, steps, rounds,
        };
        command.SetAction(
            result => new PrecisionRun(result.GetValue(networks)!, result.GetValue(steps), result.GetValue(rounds)).Run());
        return command;
    }
}
