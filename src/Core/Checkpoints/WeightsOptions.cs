namespace Fulgurite;

/// <summary>Options for loading the weights of a file that another program may have written.</summary>
public sealed record WeightsOptions
{
    /// <summary>Gets whether the weights must be exactly those of the module.</summary>
    /// <value>Default: null, as <see cref="TrainingModule.StrictLoading"/> has it.</value>
    public bool? Strict { get; init; }

    /// <summary>Gets the key under which the file holds the weights, such as <c>model</c>, or a path of keys with dots between.</summary>
    /// <value>
    /// Default: null, which takes <c>state_dict</c>, else the file itself if it is a map of tensors, else the only map of tensors at its top.
    /// </value>
    public string? Part { get; init; }

    /// <summary>Gets the prefix to drop from the names in the file, such as <c>module.</c>. Weights without the prefix are left out.</summary>
    /// <value>Default: null, none.</value>
    public string? DropPrefix { get; init; }

    /// <summary>Gets the prefix to put before the names in the file, such as <c>_network.</c>; after <see cref="DropPrefix"/>.</summary>
    /// <value>Default: null, none.</value>
    public string? AddPrefix { get; init; }

    /// <summary>Gets whether a tensor of another shape is left out, as the head of a model for another task is, instead of an error.</summary>
    /// <value>Default: false.</value>
    public bool SkipOtherShapes { get; init; }
}

/// <summary>The weights that a load left out.</summary>
/// <param name="Loaded">How many tensors of the module were loaded.</param>
/// <param name="Missing">The names of the module that the file lacks; the module keeps its values.</param>
/// <param name="Unexpected">The names of the file that the module lacks.</param>
/// <param name="OtherShapes">The names whose tensors differ in shape, left out by <see cref="WeightsOptions.SkipOtherShapes"/>.</param>
public sealed record WeightsReport(int Loaded, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> OtherShapes);
