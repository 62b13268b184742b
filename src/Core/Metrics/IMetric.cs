using Fulgurite.State;

namespace Fulgurite.Metrics;

/// <summary>
/// A metric that a mean of batches cannot tell, such as an F1 score: it gathers what it needs in an update of its own, and a checkpoint keeps
/// what it has gathered.
/// </summary>
/// <remarks>
/// Register it in the constructor of the module (<c>RegisterMetric</c>), update it in a step, and log it there by <c>Log(name, metric)</c>:
/// at the end of the epoch or evaluation the trainer asks for its value and resets it. Use one for training and another for validation, which
/// may run within an epoch.
/// </remarks>
public interface IMetric
{
    /// <summary>The value of what was gathered since the last <see cref="Reset"/>.</summary>
    double Compute();

    /// <summary>Forgets what was gathered.</summary>
    void Reset();

    /// <summary>What a checkpoint keeps.</summary>
    StateMap StateDict();

    /// <summary>Takes back what <see cref="StateDict"/> gave.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    void LoadStateDict(StateMap state);
}
