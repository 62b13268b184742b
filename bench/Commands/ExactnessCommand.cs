using System.CommandLine;
using Fulgurite.Bench.Exactness;

namespace Fulgurite.Bench.Commands;

/// <summary><c>exactness</c>: the price of reproducible kernels.</summary>
internal static class ExactnessCommand
{
    public static Command Create()
    {
        var rounds = Option.Of("--rounds", 7, "Rounds, in each of which both arms are measured, each in a process of its own.");
        var milliseconds = Option.Of("--ms", 300, "How long each model is measured in a process.");
        var threads = Option.Of("--threads", 1, "Threads of libtorch.");
        var arm = new Option<string?>("--arm") { Description = "Measure one arm in this process: with or without." };
        arm.AcceptOnlyFromAmong(ExactnessRun.With, ExactnessRun.Without);
        var command = new Command(
            "exactness", "A step of a linear, LSTM, convolution and embedding model, with reproducible kernels and without.")
        {
            rounds, milliseconds, threads, arm,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(arm) is { } name)
            {
                ExactnessArm.Run(name == ExactnessRun.With, result.GetValue(milliseconds), result.GetValue(threads));
            }
            else
            {
                new ExactnessRun(result.GetValue(rounds), result.GetValue(milliseconds), result.GetValue(threads)).Run();
            }
        });
        return command;
    }
}
