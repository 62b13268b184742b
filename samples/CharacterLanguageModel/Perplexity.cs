using Fulgurite;
using Fulgurite.State;

namespace CharacterLanguageModel;

/// <summary>The exponential of the mean loss, which is not a mean over batches.</summary>
internal sealed class Perplexity : IMetric
{
    private double _loss;
    private double _weight;

    public void Update(double loss, double weight)
    {
        _loss += loss * weight;
        _weight += weight;
    }

    public double Compute() => Math.Exp(_loss / _weight);

    public void Reset() => (_loss, _weight) = (0, 0);

    public StateMap StateDict() => new() { ["loss"] = _loss, ["weight"] = _weight };

    public void LoadStateDict(StateMap state) => (_loss, _weight) = (state["loss"].AsReal(), state["weight"].AsReal());
}
