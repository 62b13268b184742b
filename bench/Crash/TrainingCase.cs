namespace Fulgurite.Bench.Crash;

/// <summary>What happens to a training in a process of its own.</summary>
internal enum Disturbance
{
    /// <summary>SIGKILL.</summary>
    Kill,

    /// <summary>SIGTERM; the process has to save and exit with 143.</summary>
    Terminate,

    /// <summary>SIGINT twice.</summary>
    InterruptTwice,

    /// <summary>SIGSTOP, SIGCONT, then SIGKILL.</summary>
    Stop,

    /// <summary>The folder is removed, then SIGKILL.</summary>
    RemoveFolder,

    /// <summary>The folder is moved away and an empty one takes its place, then SIGKILL.</summary>
    ReplaceFolder,

    /// <summary>SIGKILL, and the files get times in random order, past and future.</summary>
    Clock,

    /// <summary>A second process trains in the same folder; SIGKILL for the second one.</summary>
    TwoProcesses,

    /// <summary>A reader checks <c>last</c> all the time, then SIGKILL.</summary>
    Reader,

    /// <summary>The process has few file handles, then SIGKILL.</summary>
    NoHandles,

    /// <summary>Every sync takes 100 ms, then SIGKILL.</summary>
    SlowDisk,
}

/// <summary>The choices that a seed makes for a training.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="IsFused">Whether it steps with <see cref="FusedAdamW"/>, which makes the copies of saves in the background; else with
/// TorchSharp's Adam.</param>
internal sealed record TrainingCase(int Seed, bool IsFused = false)
{
    /// <summary>The number of optimizer steps of a whole run.</summary>
    public const int Steps = 600;

    private int Choice => new Random(Seed).Next(1 << 20);

    public bool IsSafetensors => (Choice & 1) == 1;

    public bool IsBackground => (Choice & 2) == 2;

    /// <summary>
    /// Gets whether the best state is kept in memory, by a callback that writes it now and then; else the best three and the newest are
    /// saved.
    /// </summary>
    public bool IsInMemory => (Choice & 12) == 12;

    /// <summary>Gets whether each of several processes writes its part of a checkpoint.</summary>
    public bool IsSharded => (Seed & 1) == 1;

    public int EveryNSteps => 1 + ((Choice >> 4) % 3);

    /// <summary>The time from the first step to the disturbance.</summary>
    public TimeSpan Delay(int attempt) => TimeSpan.FromMilliseconds(new Random((Seed * 1009) + attempt).Next(0, 300));

    /// <summary>Gets the choices of a training by several processes.</summary>
    public string RanksName =>
        $"seed {Seed} ({(IsSharded ? "sharded" : IsSafetensors ? "safetensors" : "torch")}, every {EveryNSteps})";

    public override string ToString() =>
        $"seed {Seed} ({(IsSafetensors ? "safetensors" : "torch")}, {(IsBackground ? "async" : "sync")}{(IsFused ? ", fused" : "")}, "
            + $"{(IsInMemory ? "best in memory" : $"top 3 and last every {EveryNSteps}")})";
}
