using Fulgurite;
using Fulgurite.Composition;
using static TorchSharp.torch;

namespace PluginPackage;

/// <summary>Trains on the CPU with a chosen number of threads.</summary>
[Plugin("threaded")]
public sealed class ThreadedStrategy : Strategy, IConfigurable<ThreadedOptions>
{
    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned from now on.</param>
    /// <param name="options">How many threads.</param>
    public ThreadedStrategy(CheckpointIO checkpointIO, ThreadedOptions options)
        : base(checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
    }

    public ThreadedOptions Options { get; }

    public override Device RootDevice => CPU;

    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        set_num_threads(Options.Threads);
        base.SetUp(module, precision);
    }
}
