using AttentionXml.Model;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.State;

namespace AttentionXml.Policies;

/// <summary>
/// Keeps the best weights in memory for the next level of a label tree. The checkpoints on disk are those of <see cref="ModelCheckpoint"/>,
/// which selects by the same metric; they are read only in a run that was resumed after its best validation.
/// </summary>
internal sealed class BestWeights : Callback, IDisposable
{
    private StateSnapshot? _best;
    private double? _score;

    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            Dispose();
            _score = null;
        }
    }

    public override StateMap StateDict() => new() { ["score"] = _score is { } score ? score : StateValue.Null };

    public override void LoadStateDict(StateMap state) =>
        _score = state["score"] is var score && score.Equals(StateValue.Null) ? null : score.AsReal();

    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        var trainer = arguments.Trainer;
        if (trainer.IsFitting && !trainer.IsSanityChecking && trainer.Metrics.TryGetFresh(AttentionXmlModule.Ndcg5, out var score)
            && (_score is not { } best || score > best))
        {
            Dispose();
            using var state = trainer.CaptureState(weightsOnly: true);
            (_best, _score) = (trainer.Strategy.CheckpointIO.TakeSnapshot(state), score);
        }
    }

    /// <summary>Loads the best weights into the module; those of the end of training if no validation ran.</summary>
    public void Restore(Trainer trainer, TrainingModule module)
    {
        if (_best is not null)
        {
            trainer.LoadWeights(module, _best.State);
        }
        else if (trainer.CheckpointCallback?.BestModelPath is { } path)
        {
            trainer.LoadWeights(module, path);
        }
    }

    public void Dispose()
    {
        _best?.Dispose();
        _best = null;
    }
}
