namespace Fulgurite.Callbacks;

/// <summary>One part of a module in a <see cref="ModuleTable"/>.</summary>
/// <param name="Name">Its name within the module, with dots between levels.</param>
/// <param name="Type">Its class.</param>
/// <param name="Depth">How deep it lies: 1 for a part of the module itself.</param>
/// <param name="Parameters">How many numbers its parameters have, those of its own parts counted.</param>
/// <param name="TrainableParameters">How many of these are trained.</param>
/// <param name="ByteLength">What its parameters take, in bytes.</param>
/// <param name="Shapes">The names and shapes of the parameters that it has itself, those of its own parts not counted.</param>
/// <param name="IsTraining">Whether it is in training mode.</param>
public sealed record ModulePart(
    string Name,
    string Type,
    int Depth,
    long Parameters,
    long TrainableParameters,
    long ByteLength,
    IReadOnlyList<KeyValuePair<string, long[]>> Shapes,
    bool IsTraining);
