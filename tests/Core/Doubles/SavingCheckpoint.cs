namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Saves after chosen hooks under the name of the step.</summary>
internal sealed class SavingCheckpoint : Checkpoint
{
    public override string StateKey => "saving";

    public Func<Trainer, bool> AtBatchEnd { get; init; } = _ => false;

    public bool OnInterruption { get; init; }

    public List<SaveOperation> Operations { get; } = [];

    public List<string> Durable { get; } = [];

    public List<string> Dropped { get; } = [];

    public int Batches { get; private set; }

    public override StateMap StateDict() => new() { ["batches"] = Batches };

    public override void LoadStateDict(StateMap state) => Batches = (int)state["batches"].AsInteger();

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        Batches++;
        if (AtBatchEnd(arguments.Trainer))
        {
            Operations.AddRange(Save(arguments.Trainer, weightsOnly: false, ($"batch{Batches}.ckpt", null)));
        }
    }

    public override void OnException(OnExceptionArguments arguments)
    {
        if (OnInterruption)
        {
            Operations.AddRange(Save(arguments.Trainer, weightsOnly: false, ("stopped.ckpt", null)));
        }
    }

    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments) => Durable.Add(arguments.Operation.Path);

    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments) => Dropped.Add(arguments.Operation.Path);
}
