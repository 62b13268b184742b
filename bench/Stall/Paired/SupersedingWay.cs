
namespace Fulgurite.Bench.Stall.Paired;

/// <summary>A save before every step, into a slot: newer ones take the place of those that wait.</summary>
internal sealed class SupersedingWay(BareTraining training, PairedSettings settings) : PairedWay("superseding", training, settings)
{
    protected override SaveOptions Options { get; } = new() { Slot = "last" };

    protected override bool SavesAt(int step) => true;
}
