using Fulgurite.IO;
using Fulgurite.Strategies;
using Fulgurite.Testing.Conformance;
using Fulgurite.Testing.Strategies;
using PluginPackage;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

[TestClass]
public sealed class ThreadedStrategyTests : StrategyConformance
{
    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) => new ThreadedStrategy(checkpointIO, new ThreadedOptions());
}
