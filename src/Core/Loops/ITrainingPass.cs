namespace Fulgurite.Loops;

/// <summary>One more pass through the training data of a fit; see <see cref="TrainerEvaluations.ForwardTrainingData"/>.</summary>
internal interface ITrainingPass
{
    void Run();
}
