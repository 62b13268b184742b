using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Loggers;

/// <summary>Where an <see cref="HtmlReportLogger"/> writes, and how often.</summary>
public sealed class HtmlReportLoggerOptions : FileLoggerOptions
{
    /// <summary>Sets the name of the file. Default: report.</summary>
    public HtmlReportLoggerOptions() => Name = "report";

    /// <summary>What stands at the top. Default: null, the name of the module.</summary>
    public string? Title { get; set; }

    /// <summary>How much time passes at least between two reports of a run that is under way. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(30);
}
