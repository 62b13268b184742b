namespace Fulgurite.Callbacks;

/// <summary>The run ends early: by an exception of any hook, or by cancellation at a step boundary.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Exception">What ended it; an <see cref="OperationCanceledException"/> if somebody asked for it.</param>
/// <param name="IsInterruption">
/// Whether the cancellation token of the run asked it to stop (Ctrl-C, a host that shuts down), rather than something going wrong.
/// </param>
public readonly record struct OnExceptionArguments(Trainer Trainer, TrainingModule Module, Exception Exception, bool IsInterruption);
