namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// One save before the first step of a block, which has to become durable: its cost is a share of the steps from save to save.
/// </summary>
internal class DurableWay(string name, BareTraining training, PairedSettings settings) : PairedWay(name, training, settings)
{
    public const string Whole = "durable";

    private readonly PairedSettings _settings = settings;

    protected override int Share => _settings.Stall.Every;

    protected override bool SavesAt(int step) => step == 0;

    protected override bool GoesOn() => Last is { Completion.IsCompleted: false };
}
