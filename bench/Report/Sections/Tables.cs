namespace Fulgurite.Bench.Report.Sections;

/// <summary>The places with one table.</summary>
internal static class Tables
{
    /// <summary>What ways of keeping the best and the newest state cost.</summary>
    public static TableSection Policies { get; } = new(
        "policies",
        new("policy", line => line.Text("policy") switch
        {
            "none" => "nothing is saved",
            "best-and-last-waiting" => "best and last, while training waits",
            "best-and-last" => "best and last, in the background",
            "best-in-memory" => "best in memory, written at the end",
            var policy => policy,
        }),
        new("steps", "steps"), new("validations", "validations"), new("training waited, ms", "waited_ms"),
        new("longest, ms", "waited_ms_max"),
        new("at the end, ms", "drain_ms"), new("together, s", "total_s"), new("written, MiB", "written_mb"), new("files", "files_written"),
        new("second names", "links"), new("kept in memory, MiB", "memory_mb"));

    /// <summary>What a save costs while the disk is busy.</summary>
    public static TableSection Saturated { get; } = new(
        "saturated",
        new("state, MiB", "state_mb"), new("others write, GB/s", "disk_gbps"), new("saves", "saves"), new("durable", "durable"),
        new("a write, ms", "write_ms"), new("waited for storage", "waits"), new("a save, ms", "save_ms"), new("p99", "save_ms_p99"),
        new("p99.9", "save_ms_p999"), new("the longest", "save_ms_max"), new("p99.9 to the median", "p999_to_median"),
        new("process at first, MiB", "process_mb_first"), new("at the end", "process_mb_last"), new("at most", "process_mb_max"),
        new("snapshots at most, MiB", "snapshots_mb_max"));

    /// <summary>What the first use in a process costs.</summary>
    public static TableSection Cold { get; } = new(
        "cold",
        new("in a new process", line => line.Text("what")),
        new("first, ms", "first_ms"), new("second, ms", "second_ms"), new("processor time of the first, ms", "cpu_ms"),
        new("methods compiled", "methods"), new("compiling, ms", "jit_ms"));

    /// <summary>What it takes to turn live tensors into a snapshot.</summary>
    public static TableSection Capture { get; } = new(
        "capture",
        new("shape", line => line.Text("shape")),
        new("tensors", "tensors"), new("MiB", "mb"), new("overlapped, ms", "overlapped_ms"), new("the longest, ms", "overlapped_ms_max"),
        new("us a tensor", "us_per_tensor"), new("blocking, ms", "blocking_ms"), new("blocking, to a parallel memcpy", "capture_vs_memcpy"),
        new("memory, MiB", "peak_mb"));

    /// <summary>What whole trainings take, to loops by hand.</summary>
    public static TableSection Training { get; } = new(
        "training",
        new("training", line => line.Text("work") == "xml" ? "AttentionXml, flat" : "CharacterLanguageModel"),
        new("steps", "steps"), new("by hand, s", "hand_s"), new("trainer, s", "trainer_s"), new("ratio", "trainer_ratio"),
        Column.Between("trainer_ratio"),
        new("trainer and fused optimizer, s", "fused_s"), new("ratio", "fused_ratio"),
        Column.Between("fused_ratio"),
        new("same weights", line => (bool)line["equal_weights"]! ? "yes" : "no"),
        new("trainings", "rounds"));

    /// <summary>What bf16-mixed precision saves.</summary>
    public static TableSection Precision { get; } = new(
        "precision",
        new("a training step", line => line.Text("network") switch
        {
            "lstm" => "LSTM(256, 512), 64 steps, batch of 32",
            "mlp" => "MLP, 4 x 2048, batch of 64",
            _ => "transformer block, width 512, 64 tokens, batch of 8",
        }),
        new("float32, ms", "float32_ms"), new("bf16-mixed, ms", "mixed_ms"), new("ratio", "ratio"),
        Column.Between("ratio"),
        new("instructions for bfloat16", line => line.Text("instructions") is { Length: > 0 } instructions ? instructions : "none"),
        new("threads", "threads"));

    /// <summary>What reproducible kernels cost.</summary>
    public static TableSection Exactness { get; } = new(
        "exactness",
        new("a training step", line => line.Text("model")),
        new("reproducible kernels, us", "with_us"), new("default kernels, us", "without_us"), new("ratio", "ratio"),
        new("ratio of the least", "ratio_of_least"), new("threads", "threads"));

    /// <summary>What is left of the cost of data that is loaded ahead.</summary>
    public static TableSection Prefetch { get; } = new(
        "prefetch",
        new("loading", line => line.Text("loading")),
        new("costs, ms", "load_ms"), new("a step without, ms", "step_ms"), new("loaded in the step, ms", "inline_ms"),
        new("loaded ahead, ms", "prefetch_ms"), new("in the step, to without", "inline_ratio"), new("ahead, to without", "prefetch_ratio"),
        new("workers", "workers"));
}
