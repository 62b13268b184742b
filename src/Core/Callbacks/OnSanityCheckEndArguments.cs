namespace Fulgurite.Callbacks;

/// <summary>The trial of the validation went well; what it logged is forgotten after this.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnSanityCheckEndArguments(Trainer Trainer, TrainingModule Module);
