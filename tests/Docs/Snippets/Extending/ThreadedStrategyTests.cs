using Fulgurite.Testing;
using Fulgurite.Testing.Conformance;
using PluginPackage;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

[TestClass]
public sealed class ThreadedStrategyTests : StrategyConformance
{
    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) =>
        new ThreadedStrategy(checkpointIO, new ThreadedOptions());
}
