using System.Globalization;
using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>The result of a learning-rate search.</summary>
/// <param name="Points">The steps in order.</param>
/// <param name="Diverged">True if the loss grew so much that the search stopped before the last learning rate.</param>
/// <param name="Suggestion">The learning rate with the steepest descent of the loss; null if there are too few points.</param>
public sealed record LearningRateCurve(IReadOnlyList<LearningRatePoint> Points, bool Diverged, double? Suggestion)
{
    private const int PlotWidth = 50;

    /// <summary>Returns the learning rate with the steepest descent of the loss, relative to its logarithm.</summary>
    /// <param name="skipBegin">The number of skipped points at the start.</param>
    /// <param name="skipEnd">The number of skipped points at the end.</param>
    /// <returns>The learning rate; null if fewer than two points remain.</returns>
    public double? Suggest(int skipBegin = 10, int skipEnd = 1) => Steepest(Points, skipBegin, skipEnd);

    /// <summary>Returns the points as comma-separated values with a header.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder("learning_rate,loss,smoothed_loss\n");
        foreach (var point in Points)
        {
            text.Append(CultureInfo.InvariantCulture, $"{point.LearningRate:R},{point.Loss:R},{point.SmoothedLoss:R}\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// Returns a text plot of the points: one line per learning rate, the smoothed loss to the right, the suggestion marked.
    /// </summary>
    public override string ToString()
    {
        var finite = Points.Where(point => double.IsFinite(point.SmoothedLoss)).ToList();
        var text = new StringBuilder();
        if (finite.Count > 0)
        {
            var (low, high) = (finite.Min(point => point.SmoothedLoss), finite.Max(point => point.SmoothedLoss));
            foreach (var point in finite)
            {
                var column = high > low ? (int)Math.Round((point.SmoothedLoss - low) / (high - low) * PlotWidth) : 0;
                var mark = point.LearningRate == Suggestion ? "<- suggestion" : string.Empty;
                text.Append(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{point.LearningRate,10:0.00E+0} {point.SmoothedLoss,12:0.00000} |{new string(' ', column)}* {mark}").TrimEnd())
                    .Append('\n');
            }
        }

        return text.Append(
            Suggestion is { } rate
                ? string.Create(CultureInfo.InvariantCulture, $"suggestion: {rate:0.00E+0}")
                : "no suggestion: too few points").ToString();
    }

    internal static double? Steepest(IReadOnlyList<LearningRatePoint> points, int skipBegin, int skipEnd)
    {
        var left = points.Take(Math.Max(0, points.Count - skipEnd)).Skip(skipBegin).Where(point => double.IsFinite(point.SmoothedLoss))
            .ToList();
        if (left.Count < 2)
        {
            return null;
        }

        var best = Enumerable.Range(0, left.Count).MinBy(index => Slope(left, index));
        return left[best].LearningRate;
    }

    /// <summary>Returns the slope between the neighbours of a point, or to its only neighbour.</summary>
    private static double Slope(List<LearningRatePoint> points, int index)
    {
        var (before, after) = (points[Math.Max(0, index - 1)], points[Math.Min(points.Count - 1, index + 1)]);
        return (after.SmoothedLoss - before.SmoothedLoss) / (Math.Log(after.LearningRate) - Math.Log(before.LearningRate));
    }
}

/// <summary>One step of a learning-rate search.</summary>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="Loss">The loss before the step, averaged over its batches.</param>
/// <param name="SmoothedLoss">The loss, smoothed over the steps so far.</param>
public readonly record struct LearningRatePoint(double LearningRate, double Loss, double SmoothedLoss);
