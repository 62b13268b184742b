namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>
/// Saves the run when it is told to stop (<c>stopped.ckpt</c>), at its end (<c>final.ckpt</c>) and where a test asks for it.
/// </summary>
internal sealed class SavingCallback : Checkpoint
{
    public Func<Trainer, bool> AtBatchEnd { get; init; } = _ => false;

    public Func<Trainer, bool> AtValidationEnd { get; init; } = _ => false;

    public Func<Trainer, bool> AtEpochEnd { get; init; } = _ => false;

    public bool WeightsOnly { get; init; }

    public string Folder { get; init; } = string.Empty;

    public override string StateKey => "saving";

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => SaveIf(AtBatchEnd, arguments.Trainer);

    public override void OnValidationEnd(OnValidationEndArguments arguments) => SaveIf(AtValidationEnd, arguments.Trainer);

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => SaveIf(AtEpochEnd, arguments.Trainer);

    public override void OnTrainEnd(OnTrainEndArguments arguments) =>
        Save(arguments.Trainer, WeightsOnly, (Path.Combine(Folder, "final.ckpt"), null));

    public override void OnException(OnExceptionArguments arguments) =>
        Save(arguments.Trainer, WeightsOnly, (Path.Combine(Folder, "stopped.ckpt"), null));

    private void SaveIf(Func<Trainer, bool> isDue, Trainer trainer)
    {
        if (isDue(trainer))
        {
            Save(trainer, WeightsOnly, (Path.Combine(Folder, $"step{trainer.GlobalStep}.ckpt"), null));
        }
    }
}
