namespace Fulgurite.Loggers;

/// <summary>
/// Groups curves into charts: <c>train_loss</c>, <c>train_loss_epoch</c> and <c>val_loss</c> share one, and so do learning rates.
/// </summary>
internal static class CurveGroups
{
    private static readonly string[] Stages = ["train", "val", "valid", "validation", "test"];
    private static readonly string[] Endings = ["_step", "_epoch"];

    public static IReadOnlyList<(string Title, List<(string Name, Series Series)> Curves)> Of(IEnumerable<KeyValuePair<string, Series>> metrics) =>
        [.. metrics
            .GroupBy(metric => Title(metric.Key), StringComparer.Ordinal)
            .Select(group => (group.Key, group.Select(metric => (metric.Key, metric.Value)).ToList()))
            .OrderBy(group => Order(group.Key))];

    private static string Title(string name)
    {
        if (IsLearningRate(name))
        {
            return "learning rate";
        }

        foreach (var stage in Stages)
        {
            if (name.Length > stage.Length + 1 && name.StartsWith(stage, StringComparison.OrdinalIgnoreCase) && name[stage.Length] is '_' or '/' or '-' or '.')
            {
                return Plain(name[(stage.Length + 1)..]);
            }
        }

        return Plain(name);
    }

    /// <summary>Returns the name without the suffix of step or epoch values.</summary>
    private static string Plain(string name)
    {
        foreach (var ending in Endings)
        {
            if (name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal))
            {
                return name[..^ending.Length];
            }
        }

        return name;
    }

    private static bool IsLearningRate(string name) =>
        name is "lr" or "learning_rate" || name.StartsWith("lr-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("lr/", StringComparison.OrdinalIgnoreCase) || name.StartsWith("lr_", StringComparison.OrdinalIgnoreCase);

    // What everybody looks at first.
    private static int Order(string title) => title switch
    {
        _ when title.Contains("loss", StringComparison.OrdinalIgnoreCase) => 0,
        "learning rate" => 2,
        _ => 1,
    };
}
