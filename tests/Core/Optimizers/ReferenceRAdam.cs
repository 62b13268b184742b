namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>RAdam as PyTorch documents and computes it, 1.13 and 2.x alike, in double precision and without weight decay.</summary>
/// <param name="rate">The learning rate.</param>
/// <param name="isRateSquared">Whether rectified steps are multiplied by the learning rate once more, which is what TorchSharp 0.107
/// does.</param>
internal sealed class ReferenceRAdam(double rate, bool isRateSquared)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    public required long Steps { get; set; }

    public required double[] Mean { get; init; }

    public required double[] Square { get; init; }

    /// <summary>The length of the approximated moving average, above 5 from the sixth step on: only then steps are rectified.</summary>
    private double Length => LongestLength - (2 * Steps * Math.Pow(Beta2, Steps) / (1 - Math.Pow(Beta2, Steps)));

    private static double LongestLength => (2 / (1 - Beta2)) - 1;

    public void Step(double[] parameters, double[] gradients)
    {
        Steps++;
        for (var index = 0; index < parameters.Length; index++)
        {
            Mean[index] = (Beta1 * Mean[index]) + ((1 - Beta1) * gradients[index]);
            Square[index] = (Beta2 * Square[index]) + ((1 - Beta2) * gradients[index] * gradients[index]);
            var step = rate * Mean[index] / (1 - Math.Pow(Beta1, Steps));
            parameters[index] -= Length > 5 ? step * Rectified(Square[index]) : step;
        }
    }

    private double Rectified(double square)
    {
        var (length, longest) = (Length, LongestLength);
        var rectification = Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        var adaptive = Math.Sqrt(1 - Math.Pow(Beta2, Steps)) / (Math.Sqrt(square) + Epsilon);
        return rectification * adaptive * (isRateSquared ? rate : 1);
    }
}
