namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Cancels a fit after a number of batches; <see cref="Saving"/> then saves it as <c>stopped.ckpt</c>.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private int _batches;

    /// <param name="after">The number of batches; null to never cancel.</param>
    public Interruption(int? after) => Saving = new SavingCheckpoint
    {
        OnInterruption = true,
        AtBatchEnd = _ =>
        {
            if (++_batches == after)
            {
                _source.Cancel();
            }

            return false;
        },
    };

    /// <summary>The callback to train with.</summary>
    public SavingCheckpoint Saving { get; }

    /// <summary>The token to train with.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose() => _source.Dispose();
}
