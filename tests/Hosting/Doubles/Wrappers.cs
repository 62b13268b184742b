namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>A wrapper that records saves and its disposal.</summary>
internal abstract class RecordingWrapper(CheckpointIO inner, Journal journal) : WrappingCheckpointIO(inner)
{
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        journal.Add($"{GetType().Name} saves {path}");
        return base.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        journal.Add($"{GetType().Name} is disposed");
        return base.DisposeAsync();
    }
}

internal sealed class EncryptingIO(CheckpointIO inner, Journal journal) : RecordingWrapper(inner, journal);

internal sealed class UploadingIO(CheckpointIO inner, Journal journal) : RecordingWrapper(inner, journal);

/// <summary>Offers something that inner layers are asked for through it.</summary>
internal interface IListing
{
    int Count { get; }
}

internal sealed class ListingIO(Journal journal) : RecordingIO(journal), IListing
{
    public int Count => 7;
}

/// <summary>Asks for two of what it wraps.</summary>
internal sealed class TwoInnerIO(CheckpointIO inner, CheckpointIO spare) : WrappingCheckpointIO(inner)
{
    public CheckpointIO Spare { get; } = spare;
}

/// <summary>Wraps something else than it is handed.</summary>
internal sealed class StrayIO(Journal journal) : WrappingCheckpointIO(new RecordingIO(journal));

/// <summary>A base that wraps, by taking one without deriving from the wrapper.</summary>
internal sealed class SecretWrapperIO(CheckpointIO inner, Journal journal) : RecordingIO(journal)
{
    public CheckpointIO Inner { get; } = inner;
}

/// <summary>Cannot be made.</summary>
internal sealed class FailingWrapperIO : WrappingCheckpointIO
{
    public FailingWrapperIO(CheckpointIO inner)
        : base(inner) => throw new IOException("No connection.");
}
