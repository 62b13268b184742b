using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>Options with every kind of rule.</summary>
public sealed class NoisyOptions : IValidatableObject
{
    [Range(1, 10)]
    public int Volume { get; set; } = 5;

    [Range(0, int.MaxValue)]
    public int Echo { get; set; }

    [Range(double.Epsilon, double.MaxValue)]
    public double? Pitch { get; set; }

    [Required]
    public string Word { get; set; } = "hello";

    [AllowedValues("red", "green")]
    public string Colour { get; set; } = "red";

    public MonitorMode Mode { get; set; }

    public bool Loud { get; set; }

    public TimeSpan Pause { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Loud && Volume < 3)
        {
            yield return new ValidationResult($"Loud is true and Volume is {Volume}; allowed is 3 or more then.");
        }
    }
}

[Plugin("noisy")]
public sealed class NoisyCallback(NoisyOptions? options = null) : Callback, IConfigurable<NoisyOptions>
{
    public NoisyOptions Options { get; } = options ?? new NoisyOptions();
}

/// <summary>The short form that a package adds for its own callback, beside those of other packages.</summary>
public static class NoisyBuilderExtensions
{
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<NoisyOptions> configure)
        where TCallback : Callback, IConfigurable<NoisyOptions> =>
        builder.AddCallback<TCallback, NoisyOptions>(configure);
}

/// <summary>Says that it is configured, and takes no options.</summary>
public sealed class ForgetfulCallback : Callback, IConfigurable<NoisyOptions>
{
    public NoisyOptions Options { get; } = new();
}

[Plugin("quiet")]
public sealed class QuietCallback : Callback;

/// <summary>For classes that are made while a test runs.</summary>
public class FreeCallback : Callback;

/// <summary>Not public, as a class of a program is by default.</summary>
[Plugin("hidden")]
internal sealed class HiddenCallback : Callback;

[Plugin("fake")]
public sealed class PublicStrategy(CheckpointIO checkpointIO) : Strategy(checkpointIO)
{
    public override TorchSharp.torch.Device RootDevice => throw new NotSupportedException();

    public override void SetUp(TorchSharp.torch.nn.Module module, Precision? precision = null)
    {
    }
}

[Plugin("nowhere")]
public sealed class NowhereIO : CheckpointIO
{
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
}

[Plugin("tracing")]
public sealed class TracingIO(CheckpointIO inner) : WrappingCheckpointIO(inner);

[Plugin("memory")]
public sealed class MemoryLogger : IMetricLogger
{
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
    {
    }
}
