using System.Globalization;
using System.Reflection;
using System.Text;

namespace Fulgurite.Composition;

/// <summary>The composition of a trainer.</summary>
/// <param name="Strategy">The class of the strategy.</param>
/// <param name="Callbacks">The classes of the callbacks, in execution order.</param>
/// <param name="CheckpointIO">The classes of the <see cref="CheckpointIO"/> chain, from outer to inner.</param>
/// <param name="Loggers">The classes of the loggers.</param>
/// <param name="ChangedOptions">The options that differ from their defaults, such as <c>TrainerOptions.MaxEpochs = 10</c>.</param>
public sealed record TrainerDescription(
    string Strategy,
    IReadOnlyList<string> Callbacks,
    IReadOnlyList<string> CheckpointIO,
    IReadOnlyList<string> Loggers,
    IReadOnlyList<string> ChangedOptions)
{
    /// <summary>Returns the description as lines of text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        AppendLine(text, "strategy", [Strategy]);
        AppendLine(text, "checkpoint io", CheckpointIO, " > ");
        AppendLine(text, "callbacks", Callbacks);
        AppendLine(text, "loggers", Loggers);
        AppendLine(text, "options", ChangedOptions);
        return text.ToString().TrimEnd();
    }

    internal static TrainerDescription Of(Trainer trainer, IReadOnlyList<IMetricLogger> loggers)
    {
        var chain = Chain(trainer.Strategy.CheckpointIO).ToList();
        object[] parts = [trainer.Strategy, .. chain, .. trainer.Callbacks, .. loggers];
        return new TrainerDescription(
            trainer.Strategy.GetType().Name,
            [.. trainer.Callbacks.Select(callback => callback.GetType().Name)],
            [.. chain.Select(layer => layer.GetType().Name)],
            [.. loggers.Select(logger => logger.GetType().Name)],
            [.. Changes(trainer.Options), .. parts.SelectMany(OptionsOf).SelectMany(Changes)]);
    }

    private static void AppendLine(StringBuilder text, string title, IReadOnlyList<string> items, string separator = ", ") =>
        text.Append(title.PadRight(15)).Append(items.Count == 0 ? "-" : string.Join(separator, items)).Append('\n');

    private static IEnumerable<CheckpointIO> Chain(CheckpointIO outermost)
    {
        for (var layer = outermost; layer is not null; layer = (layer as WrappingCheckpointIO)?.Inner)
        {
            if (layer is not OwnedCheckpointIO)
            {
                yield return layer;
            }
        }
    }

    private static IEnumerable<object> OptionsOf(object part) =>
        part.GetType().GetInterfaces()
            .Where(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConfigurable<>))
            .Select(candidate => candidate.GetProperty(nameof(IConfigurable<>.Options))!.GetValue(part))
            .OfType<object>();

    private static IEnumerable<string> Changes(object options)
    {
        if (options.GetType().GetConstructor(Type.EmptyTypes) is not { } constructor)
        {
            yield break;
        }

        var defaults = constructor.Invoke(null);
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanRead && property.GetIndexParameters().Length == 0 && property.GetValue(options) is var value
                && !Equals(value, property.GetValue(defaults)))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{options.GetType().Name}.{property.Name} = {value ?? "null"}");
            }
        }
    }
}
