using Fulgurite.IO;

namespace Fulgurite.Callbacks;

/// <summary>A checkpoint of this run became durable; told on the training thread at the next step boundary.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Ticket">What is known of the save: its path, score (<see cref="SaveOptions.Score"/>), bytes and times.</param>
public readonly record struct OnCheckpointDurableArguments(Trainer Trainer, TrainingModule Module, CheckpointTicket Ticket);
