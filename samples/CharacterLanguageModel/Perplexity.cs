using Fulgurite;
using Fulgurite.State;

namespace CharacterLanguageModel;

/// <summary>Among how many characters the model is undecided: the exponential of the mean loss, which is no mean of batches.</summary>
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
