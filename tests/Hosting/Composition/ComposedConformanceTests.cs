using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>What a container hands out keeps the contract of CheckpointIO.</summary>
[TestClass]
public sealed class ComposedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory)
    {
        var services = Compose.Services();
        services.AddTrainer().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<AsyncCheckpointIO>().AddCheckpointIO<UploadingIO>();
        return services.Build().GetRequiredService<CheckpointIO>();
    }
}

/// <summary>So does what a strategy is handed.</summary>
[TestClass]
public sealed class HandedOverConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory)
    {
        var services = Compose.Services();
        services.AddTrainer("teacher")
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<UploadingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO<AsyncCheckpointIO>();
        return services.Build().Resolve("teacher").Strategy.CheckpointIO;
    }
}
