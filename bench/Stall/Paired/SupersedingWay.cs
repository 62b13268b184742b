
namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// A save before every step, into a slot: newer ones take the place of those that wait. Or a save before every step at which no other one
/// is pending, as MaxOverhead has it.
/// </summary>
internal sealed class SupersedingWay(bool waits, BareTraining training, PairedSettings settings)
    : PairedWay(waits ? "back-to-back" : "superseding", training, settings)
{
    protected override SaveOptions Options { get; } = new() { Slot = "last" };

    protected override bool SavesAt(int step) => !waits || Last is not { Completion.IsCompleted: false };
}
