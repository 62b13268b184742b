using System.Globalization;

namespace Fulgurite.Tests.Samples.Steps;

/// <summary>A sample that trains, and how to have it make many steps.</summary>
/// <param name="Name">The sample.</param>
/// <param name="Arguments">Its arguments for a number of steps, and of runs in one process.</param>
/// <param name="StepsPerRun">The steps of a run where they cannot be chosen; such a sample is run several times in its process.</param>
/// <param name="ParametersPerRun">What a run adds to TorchSharp's count of tensors, which counts parameters that are gone.</param>
/// <param name="MadeAhead">The tensors that workers may have made ahead at the end of a step.</param>
internal sealed record SampleSteps(
    string Name, Func<int, string[]> Arguments, int? StepsPerRun = null, int ParametersPerRun = 0, int MadeAhead = 0)
{
    public static IReadOnlyList<SampleSteps> All { get; } =
    [
        new("FirstProgram", steps => [Text(steps / 40)]),
        new("FirstHour", steps => [Text(steps / 40)]),
        new("HostedTraining", steps => [$"--Trainer:MaxEpochs={Text(steps / 16)}", "--Trainer:Callbacks:1:Value=0"]),
        new("Telemetry", steps => [$"--MaxEpochs={Text(steps / 16)}"]),
        new("OwnCheckpointIO", _ => ["run-{run}"], StepsPerRun: 500, ParametersPerRun: 4),
        new("ResumeAfterCrash", _ => ["train", "run-{run}"], StepsPerRun: 200, ParametersPerRun: 6, MadeAhead: 16),
        new("CharacterLanguageModel", steps => ["--MaxEpochs=100000", $"--MaxSteps={Text(steps)}", "--Width=16"], MadeAhead: 16),
        new(
            "Shapes",
            steps => ["--MaxEpochs=100000", $"--MaxSteps={Text(steps)}", $"--MinSteps={Text(steps)}", "--Images=320"],
            MadeAhead: 16),
        new(
            "AttentionXml",
            steps =>
            [
                "--data", ".", "--output", "runs", "--epochs", "100000", "--max-steps", Text(steps), .. AttentionXml.Run.TinyDataset.Sizes,
            ]),
    ];

    /// <summary>How often the sample is run for a number of steps.</summary>
    public int RunsFor(int steps) => StepsPerRun is { } each ? Math.Max(1, (steps + each - 1) / each) : 1;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
