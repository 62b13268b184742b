using Fulgurite.IO;

namespace Fulgurite.Callbacks;

/// <summary>A checkpoint of this run failed, was superseded or was cancelled; told on the training thread at the next step boundary.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Ticket">What is known of the save.</param>
public readonly record struct OnCheckpointDroppedArguments(Trainer Trainer, TrainingModule Module, CheckpointTicket Ticket);
