namespace Fulgurite.IO.Safetensors;

/// <summary>One entry of the tensor section of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">Where it begins in the data.</param>
/// <param name="End">Where it ends in the data.</param>
internal readonly record struct SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End);
