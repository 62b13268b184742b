namespace Fulgurite.Callbacks.Triggers;

/// <summary>A moment of training at which a checkpoint may be due.</summary>
/// <param name="Kind">The hook.</param>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Epoch">The number of the epoch that is under way or has just ended, from zero.</param>
/// <param name="Stepped">Whether the optimizer has stepped since the moment before.</param>
/// <param name="HasValidation">Whether the run validates.</param>
public readonly record struct CheckpointMoment(CheckpointMomentKind Kind, long GlobalStep, int Epoch, bool Stepped, bool HasValidation);
