using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>When a value of a metric is made.</summary>
internal enum MetricMoment
{
    /// <summary>In training: by steps, or at the end of the epoch of what steps logged.</summary>
    Training,

    /// <summary>In the hooks of the end of an epoch.</summary>
    EpochEnd,

    /// <summary>In a validation or test.</summary>
    Evaluation,

    /// <summary>In the hooks of the end of an evaluation, of training, or of a fit.</summary>
    End,
}

/// <summary>
/// The names under which loggers get values. A name belongs to the metric that had it first, so that no two values of one step have one
/// name: the value of another metric, or of another moment, gets a longer one, with one warning.
/// </summary>
internal sealed partial class MetricNames
{
    private readonly Dictionary<string, Owner> _owners = new(StringComparer.Ordinal);

    /// <summary>Where warnings go.</summary>
    public ILogger Log { get; set; } = NullLogger.Instance;

    public void Clear() => _owners.Clear();

    /// <summary>Takes a name for a metric; the same one each time.</summary>
    /// <param name="name">The name that it would have.</param>
    /// <param name="moment">When its value is made.</param>
    /// <param name="metric">The name that it was logged under.</param>
    /// <param name="isObject">Whether it is a metric object.</param>
    /// <returns>The name that it has.</returns>
    public string Claim(string name, MetricMoment moment, string metric, bool isObject = false)
    {
        var owner = new Owner(moment, metric, isObject);
        if (_owners.TryGetValue(name, out var known))
        {
            return known == owner ? name : ClaimLonger(name, known, owner);
        }

        _owners.Add(name, owner);
        return name;
    }

    private string ClaimLonger(string name, Owner known, Owner owner)
    {
        var longer = name;
        do
        {
            longer += owner.Suffix;
            if (_owners.TryAdd(longer, owner))
            {
                LogRenamed(Log, owner, name, known, longer);
                return longer;
            }
        }
        while (_owners[longer] != owner);
        return longer;
    }

    private readonly record struct Owner(MetricMoment Moment, string Metric, bool IsObject)
    {
        public string Suffix => Moment switch
        {
            MetricMoment.Training => "_training",
            MetricMoment.EpochEnd => "_epoch_end",
            MetricMoment.Evaluation => "_validation",
            _ => "_end",
        };

        public override string ToString() => $"'{Metric}' of " + Moment switch
        {
            MetricMoment.Training => "training",
            MetricMoment.EpochEnd => "the end of an epoch",
            MetricMoment.Evaluation => "validations",
            _ => "the end of a validation or run",
        };
    }

    [LoggerMessage(1060, LogLevel.Warning, "{Metric} would reach loggers as '{Name}', which is the name of {Owner}: they get it as '{Longer}'. Log it under a name of its own, such as val_loss for a loss of validations")]
    private static partial void LogRenamed(ILogger logger, object metric, string name, object owner, string longer);
}
