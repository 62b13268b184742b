using System.Globalization;

namespace Fulgurite.Tests.Samples.Steps;

/// <summary>What tests/StepWatch has written of a process.</summary>
/// <param name="Runs">The tensors that were alive where each run of the program began.</param>
/// <param name="Steps">Tensors besides those, and resident memory in bytes, at the end of each step.</param>
/// <param name="End">The same at the end of the process.</param>
internal sealed record StepReadings(
    IReadOnlyList<long> Runs, IReadOnlyList<(long Tensors, long Memory)> Steps, (long Tensors, long Memory) End)
{
    public static StepReadings Read(string file)
    {
        var lines = File.ReadAllLines(file)
            .Select(line => line.Split(' '))
            .ToLookup(line => line[0], line => Array.ConvertAll(line[1..], text => long.Parse(text, CultureInfo.InvariantCulture)));
        return new StepReadings(
            [.. lines["run"].Select(numbers => numbers[0])],
            [.. lines["step"].Select(numbers => (numbers[0], numbers[1]))],
            lines["end"].Select(numbers => (numbers[0], numbers[1])).Single());
    }

    /// <summary>The greatest readings of a part of the steps, given as a range of hundredths.</summary>
    public (long Tensors, long Memory) Greatest(int fromPercent, int toPercent)
    {
        var part = Steps.Skip(Steps.Count * fromPercent / 100).Take(Steps.Count * (toPercent - fromPercent) / 100).ToList();
        return (part.Max(step => step.Tensors), part.Max(step => step.Memory));
    }
}
