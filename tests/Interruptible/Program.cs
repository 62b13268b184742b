using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.Tests.Interruptible;
using Fulgurite.Tests.Interruptible.Matrix;
using static TorchSharp.torch;

// A training that tests interrupt. Arguments: FOLDER STEPS [resume] [wait=STEP] [stuck=STEP] [validate] [handlers] [thread]
// or, as a service of a host: FOLDER 0 hosted [stuck=STEP] [busy=STEP] [timeout=MILLISECONDS]
// or, for one of the scenarios of the resume matrix: matrix NUMBER FOLDER THREADS
// or, without a token: defaults FOLDER STEPS [wait] [stuck] [off] [own]; on a terminal, with a log of the host: terminal FOLDER [kept]
// or, for the kernels of MKL: kernels [off] [late] [deterministic]
if (args[0] == ScenarioProgram.Name)
{
    await ScenarioProgram.RunAsync(args[1..]);
    return 0;
}

if (args[0] == DefaultProgram.Signals)
{
    return await DefaultProgram.RunAsync(args[1..]);
}

if (args[0] == DefaultProgram.Terminal)
{
    await DefaultProgram.RunOnTerminalAsync(args[1..]);
    return 0;
}

if (args[0] == KernelProgram.Name)
{
    KernelProgram.Run(args[1..]);
    return 0;
}

var folder = args[0];
var steps = long.Parse(args[1], null);
int? Number(string name) =>
    args.FirstOrDefault(argument => argument.StartsWith(name + "=", StringComparison.Ordinal)) is { } given
        ? int.Parse(given[(name.Length + 1)..], null)
        : null;

if (args.Contains("hosted"))
{
    return await HostedRun.RunAsync(folder, Number("stuck"), Number("busy"), Number("timeout"));
}

set_num_threads(1);
manual_seed(3);
using var before = args.Contains("handlers")
    ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Console.WriteLine("handler before"))
    : null;
TerminationSignals signals = null!;
if (args.Contains("thread"))
{
    var other = new Thread(() => signals = TerminationSignals.Listen());
    other.Start();
    other.Join();
}
else
{
    signals = TerminationSignals.Listen(signal => Console.WriteLine($"stopping by {signal}"));
}

using var after = args.Contains("handlers")
    ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Console.WriteLine("handler after"))
    : null;
using var module = new NoisyModule(Number("wait"), Number("stuck"), signals.Token);
using var inputs = rand(60, 4).DetachFromDisposeScope();
using var targets = inputs.sum(1, keepdim: true).DetachFromDisposeScope();
var data = DataSource.FromTensors(inputs, targets, new() { BatchSize = 4, Shuffle = true, Seed = 5, Workers = 2 });
FitResult result;
await using (var trainer = Trainer.Create(builder => builder
    .Configure(options =>
    {
        options.MaxEpochs = null;
        options.MaxSteps = steps;
        options.DefaultRootDirectory = folder;
    })
    .AddCheckpointIO<AsyncCheckpointIO>()
    .AddCallback<ModelCheckpoint>(options =>
    {
        options.DirPath = folder;
        options.SaveLast = true;
        options.EveryNTrainSteps = 5;
    })))
{
    result = await trainer.FitAsync(
        module, data, args.Contains("validate") ? data : null, args.Contains("resume") ? "last" : null, signals.Token);
}

using var flat = cat([.. module.parameters().Select(parameter => parameter.detach().flatten())]);
Console.WriteLine($"{result.Status} at step {result.GlobalStep}, weights {Convert.ToHexString(SHA256.HashData(flat.bytes))}");
var code = signals.ExitCode;
signals.Dispose();
if (args.Contains("handlers"))
{
    // Nobody is left who would keep the system from ending the process.
    before!.Dispose();
    after!.Dispose();
    Console.WriteLine("restored");
    Thread.Sleep(TimeSpan.FromMinutes(1));
}

return code;
