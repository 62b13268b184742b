namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// One save before the first step of a block, which has to become durable: its cost is a share of the steps from save to save.
/// </summary>
internal sealed class DurableWay(BareTraining training, PairedSettings settings) : PairedWay("durable", training, settings)
{
    private readonly PairedSettings _settings = settings;

    protected override int Share => _settings.Stall.Every;

    protected override bool SavesAt(int step) => step == 0;

    protected override bool GoesOn() => Last is { Completion.IsCompleted: false };
}
