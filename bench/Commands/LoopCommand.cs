using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Optimizers;
using Fulgurite.Strategies;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Commands;

/// <summary><c>loop</c>: what the trainer adds to a hand-written training loop.</summary>
internal static class LoopCommand
{
    private const int Features = 32;
    private const int Outputs = 2;
    private const int BatchSize = 8;

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 3000, Description = "Steps of one measurement." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 9, Description = "Rounds, in each of which every arm is measured." };
        var command = new Command("loop", "Linear(32,2), batch 8, SGD, one thread: the trainer beside a hand-written loop.") { steps, rounds };
        command.SetAction(result => Run(result.GetValue(steps), result.GetValue(rounds)));
        return command;
    }

    private static int Run(int steps, int rounds)
    {
        set_num_threads(1);
        manual_seed(1);
        using var inputs = rand(BatchSize, Features);
        using var targets = rand(BatchSize, Outputs);
        using var plain = nn.Linear(Features, Outputs);
        using var optimizer = optim.SGD(plain.parameters(), 0.01);
        using var module = new LinearModule();
        var data = Enumerable.Repeat((inputs, targets), steps).ToList();
        var trainer = new Trainer(new SingleDeviceStrategy(new NoCheckpointIO()), new TrainerOptions { MaxEpochs = 1 });

        // Once before counting: what a fit keeps for good (the optimizer's own tensors) is no growth.
        trainer.Fit(module, data);
        var before = Tensor.TotalCount;
        trainer.Fit(module, data);
        var growth = Tensor.TotalCount - before;

        var medians = Arms.Medians(rounds, () => Raw(plain, optimizer, inputs, targets, steps), () => Time(() => trainer.Fit(module, data), steps));
        JsonLine.Print(new JsonObject
        {
            ["command"] = "loop",
            ["raw_us"] = JsonLine.Round(medians[0]),
            ["trainer_us"] = JsonLine.Round(medians[1]),
            ["added_us"] = JsonLine.Round(medians[1] - medians[0]),
            ["live_tensors_added"] = growth,
            ["steps"] = steps,
        });
        return 0;
    }

    private static double Raw(Linear linear, optim.Optimizer optimizer, Tensor inputs, Tensor targets, int steps) => Time(
        () =>
        {
            for (var step = 0; step < steps; step++)
            {
                using var scope = NewDisposeScope();
                linear.weight!.grad = null;
                linear.bias!.grad = null;
                var loss = nn.functional.mse_loss(linear.call(inputs), targets);
                loss.backward();
                optimizer.step();
            }
        },
        steps);

    private static double Time(Action run, int steps)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / steps;
    }

    private sealed class LinearModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _linear = nn.Linear(Features, Outputs);

        public LinearModule()
            : base(nameof(LinearModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.01);

        public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
    }
}
