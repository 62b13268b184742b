using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.State;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>Records the smallest loss of a training batch, over all resumes of the run.</summary>
[Plugin("best-loss")]
public sealed class BestLossCallback(BestLossOptions? options = null) : Callback, IConfigurable<BestLossOptions>
{
    public BestLossOptions Options { get; } = CheckedOptions.OrDefault(options);

    public double Best { get; private set; } = double.PositiveInfinity;

    public override StateMap StateDict() => new() { ["best"] = Best };

    public override void LoadStateDict(StateMap state) => Best = state["best"].AsReal();

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        Best = Math.Min(Best, arguments.Loss ?? double.PositiveInfinity);
        if ((arguments.BatchIndex + 1) % Options.EveryNBatches == 0)
        {
            arguments.Trainer.LogMetrics(new Dictionary<string, double> { [Options.Metric] = Best });
        }
    }
}
