using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>When a value of a metric is recorded.</summary>
internal enum MetricMoment
{
    /// <summary>In training: in steps, or reduced at the end of the epoch.</summary>
    Training,

    /// <summary>In the hooks at the end of an epoch.</summary>
    EpochEnd,

    /// <summary>In a validation or test.</summary>
    Evaluation,

    /// <summary>In the hooks at the end of an evaluation, of training, or of a fit.</summary>
    End,
}

/// <summary>
/// The names of values in loggers. A name belongs to the first metric that uses it, so that a step never has two values with the same name:
/// the value of another metric, or of another moment, receives a longer name, with one warning.
/// </summary>
internal sealed partial class MetricNames
{
    private readonly Dictionary<string, Owner> _owners = new(StringComparer.Ordinal);

    /// <summary>The logger for warnings.</summary>
    public ILogger Log { get; set; } = NullLogger.Instance;

    public void Clear() => _owners.Clear();

    /// <summary>Claims a name for a metric; repeated calls return the same name.</summary>
    /// <param name="name">The preferred name.</param>
    /// <param name="moment">When its value is recorded.</param>
    /// <param name="metric">The name that was passed to Log.</param>
    /// <param name="isObject">Whether it is a metric object.</param>
    /// <returns>The name for loggers.</returns>
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

    [LoggerMessage(
        1060, LogLevel.Warning,
        "Loggers receive {Metric} as '{Longer}', because '{Name}' is the name of {Owner}. Use distinct names, "
            + "such as val_loss for the loss of validations")]
    private static partial void LogRenamed(ILogger logger, object metric, string name, object owner, string longer);
}
