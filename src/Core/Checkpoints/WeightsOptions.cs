namespace Fulgurite;

/// <summary>The options for loading weights from a file, possibly of another program.</summary>
public sealed record WeightsOptions
{
    /// <summary>Gets whether the weights must match the module exactly; null for <see cref="TrainingModule.StrictLoading"/>.</summary>
    /// <value>The default is null.</value>
    public bool? Strict { get; init; }

    /// <summary>Gets the key of the weights in the file, such as <c>model</c>, or a path of keys separated by dots.</summary>
    /// <value>
    /// The default is null, for <c>state_dict</c>, else the file itself if it is a map of tensors, else its only top-level map of tensors.
    /// </value>
    public string? Part { get; init; }

    /// <summary>
    /// Gets the prefix to drop from the names in the file, such as <c>module.</c>. Weights without the prefix are skipped.
    /// </summary>
    /// <value>The default is null.</value>
    public string? DropPrefix { get; init; }

    /// <summary>Gets the prefix to add to the names in the file, such as <c>_network.</c>, after <see cref="DropPrefix"/>.</summary>
    /// <value>The default is null.</value>
    public string? AddPrefix { get; init; }

    /// <summary>
    /// Gets a value indicating whether tensors of other shapes, such as the head for another task, are skipped instead of causing an error.
    /// </summary>
    /// <value>The default is false.</value>
    public bool SkipOtherShapes { get; init; }
}

/// <summary>The result of loading weights.</summary>
/// <param name="Loaded">The number of tensors of the module that were loaded.</param>
/// <param name="Missing">The names of the module that the file lacks. The module keeps their values.</param>
/// <param name="Unexpected">The names of the file that the module lacks.</param>
/// <param name="OtherShapes">The names of tensors of other shapes, skipped by <see cref="WeightsOptions.SkipOtherShapes"/>.</param>
public sealed record WeightsReport(
    int Loaded, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> OtherShapes);
