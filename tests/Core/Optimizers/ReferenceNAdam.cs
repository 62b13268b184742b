namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>NAdam as PyTorch documents it and 2.x computes it, in double precision and without weight decay.</summary>
/// <remarks>
/// PyTorch before 2.0 multiplies by mu once too often where it looks one step ahead, so its parameters are others; its state is the same.
/// </remarks>
/// <param name="rate">The learning rate.</param>
internal sealed class ReferenceNAdam(double rate)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private const double MomentumDecay = 4e-3;

    public required long Steps { get; set; }

    public required double MuProduct { get; set; }

    public required double[] Mean { get; init; }

    public required double[] Square { get; init; }

    public void Step(double[] parameters, double[] gradients)
    {
        Steps++;
        var (mu, next) = (Mu(Steps), Mu(Steps + 1));
        MuProduct *= mu;
        for (var index = 0; index < parameters.Length; index++)
        {
            Mean[index] = (Beta1 * Mean[index]) + ((1 - Beta1) * gradients[index]);
            Square[index] = (Beta2 * Square[index]) + ((1 - Beta2) * gradients[index] * gradients[index]);
            var divisor = Math.Sqrt(Square[index] / (1 - Math.Pow(Beta2, Steps))) + Epsilon;
            parameters[index] -= rate * (1 - mu) / (1 - MuProduct) * gradients[index] / divisor;
            parameters[index] -= rate * next / (1 - (MuProduct * next)) * Mean[index] / divisor;
        }
    }

    private static double Mu(long step) => Beta1 * (1 - (0.5 * Math.Pow(0.96, step * MomentumDecay)));
}
