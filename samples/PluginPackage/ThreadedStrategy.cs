using Fulgurite;
using Fulgurite.Composition;
using static TorchSharp.torch;

namespace PluginPackage;

/// <summary>Trains on the CPU with a configurable number of threads.</summary>
[Plugin("threaded")]
public sealed class ThreadedStrategy : Strategy, IConfigurable<ThreadedOptions>
{
    /// <summary>Initializes a new instance of the <see cref="ThreadedStrategy"/> class.</summary>
    /// <param name="checkpointIO">The <see cref="CheckpointIO"/>; the strategy owns it.</param>
    /// <param name="options">The options.</param>
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
