using System.CommandLine;
using Fulgurite.Bench.Dist;

namespace Fulgurite.Bench.Commands;

/// <summary><c>dist</c>: what several processes cost and give.</summary>
internal static class DistCommand
{
    public static Command Create()
    {
        var ranks = Option.Of("--ranks", 2, "Processes that train together.");
        var launcher = Option.Of("--launcher", "mpirun.openmpi", "The launcher, mpirun.openmpi or mpirun.mpich.");
        var width = Option.Of("--width", 1448, "Width of the layers; 1448 gives 96 MiB of gradients with 12 layers.");
        var layers = Option.Of("--layers", 12, "Number of layers.");
        var batch = Option.Of("--batch", 64, "Items of a batch, in all processes together.");
        var steps = Option.Of("--steps", 15, "Steps that count.");
        var worker = new Option<string?>("--worker")
        {
            Hidden = true,
            Description = "This process is one of those that the launcher has started; the folder for checkpoints.",
        };
        var command = new Command(
            "dist",
            "Training in several processes by MPI: a step with and without overlap, its reduction of gradients beside a memcpy of as many "
                + "bytes, and a checkpoint.")
        {
            ranks, launcher, width, layers, batch, steps, worker,
        };
        command.SetAction(result =>
        {
            var run = new DistRun(result.GetValue(width), result.GetValue(layers), result.GetValue(batch), result.GetValue(steps));
            return result.GetValue(worker) is { } folder
                ? run.Work(folder)
                : run.Launch(result.GetValue(ranks), result.GetValue(launcher)!);
        });
        return command;
    }
}
