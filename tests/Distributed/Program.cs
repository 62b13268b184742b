using System.Diagnostics;
using System.Globalization;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.Tests.Distributed;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

// A training in one or several processes. Arguments: FOLDER EPOCHS [name or name=value ...]
//   alone: without MPI; resume: from the last checkpoint; noisy: dropout and batch norm; double: float64; accumulate=N; items=N; batch=N
//   throw=RANK, kill=RANK, freeze=RANK, signal=RANK, exit=RANK, drift=RANK, stop=RANK, cancel=RANK: what that rank does in the step of
//   at=STEP; signal is SIGTERM
//   after: gradients of blocks are averaged after the backward pass; sharded: each rank writes its part of a checkpoint
//   linger=RANK: that rank does not end until there is a file FOLDER/go; device=NAME, library=NAME: options of the strategy
//   every=N: checkpoints every N steps; compare=N: CompareEvery; timeout=SECONDS
var (folder, epochs) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture));
bool Has(string name) => args.Contains(name, StringComparer.Ordinal);
string? Text(string name) =>
    args.FirstOrDefault(argument => argument.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
int? Number(string name) => Text(name) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : null;

set_num_threads(1);
Trainer.SeedEverything(7);
var type = Has("double") ? ScalarType.Float64 : ScalarType.Float32;
using var module = new SharedModule(Has("noisy"), type);
var items = Number("items") ?? 33;
using var inputs = randn(items, 6, dtype: type);
using var targets = inputs.sum(1, keepdim: true).sin();
using var validationInputs = randn(13, 6, dtype: type);
using var validationTargets = validationInputs.sum(1, keepdim: true).sin();
using var cancel = new CancellationTokenSource();

await using var trainer = Trainer.Create(builder =>
{
    builder.Configure(o => (o.MaxEpochs, o.AccumulateGradBatches, o.DefaultRootDirectory) = (epochs, Number("accumulate") ?? 1, folder));
    if (Has("sharded"))
    {
        builder.AddShardedCheckpointIO();
    }
    else
    {
        builder.AddCheckpointIO<TorchCheckpointIO>();
    }

    builder.AddCheckpointIO<AsyncCheckpointIO>();
    builder.AddModelCheckpoint(o =>
    {
        (o.DirPath, o.SaveLast, o.Monitor, o.SaveTopK) = (folder, true, "val_loss", 2);
        if (Number("every") is { } every)
        {
            o.EveryNTrainSteps = every;
        }
    });
    if (!Has("alone"))
    {
        builder.AddStrategy<MpiStrategy>(o =>
        {
            o.CompareEvery = Number("compare") ?? o.CompareEvery;
            (o.Device, o.Library) = (Text("device") ?? o.Device, Text("library"));
            o.OverlapBackward = !Has("after");
            o.ReportAfter = TimeSpan.FromSeconds(1);
            o.Timeout = TimeSpan.FromSeconds(Number("timeout") ?? 60);
        });
    }
});

var rank = trainer.Strategy.Collectives.Rank;
module.OnStep = step =>
{
    if (step != (Number("at") ?? -1))
    {
        return;
    }

    if (Number("throw") == rank)
    {
        throw new IOException("The data is gone.");
    }

    if (Number("drift") == rank)
    {
        module.Drift();
    }

    if (Number("stop") == rank)
    {
        trainer.RequestStop();
    }

    if (Number("cancel") == rank)
    {
        cancel.Cancel();
    }

    if (Number("exit") == rank)
    {
        Environment.Exit(9);
    }

    var signal = Number("kill") == rank ? "KILL" : Number("freeze") == rank ? "STOP" : Number("signal") == rank ? "TERM" : null;
    if (signal is not null)
    {
        Process.Start("kill", ["-" + signal, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
    }
};

var data = DataSource.FromTensors(inputs, targets, new() { BatchSize = Number("batch") ?? 8, Shuffle = true, Seed = 3 });
var validation = DataSource.FromTensors(validationInputs, validationTargets, new() { BatchSize = 4 });
FitResult result;
try
{
    // With a token, the trainer leaves signals to its caller.
    result = await trainer.FitAsync(
        module, data, validation, Has("resume") ? "last" : null, Text("signal") is null ? cancel.Token : default);
}
finally
{
    Linger();
}

// Each rank writes its own, so that they can be compared.
var weights = module.state_dict().SelectMany(each => each.Value.detach().to(ScalarType.Float64).flatten().data<double>().ToArray());
File.WriteAllLines(
    Path.Combine(folder, $"weights-{rank}.txt"),
    weights.Prepend(result.Metrics["val_loss"]).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number:R}")));
Console.WriteLine($"rank {rank}: {result.Status} at step {result.GlobalStep}, epoch {result.EpochsCompleted}");
return 0;

void Linger()
{
    if (Number("linger") == rank)
    {
        SpinWait.SpinUntil(() => File.Exists(Path.Combine(folder, "go")));
    }
}
