using System.CommandLine;

namespace Fulgurite.Bench.Commands;

/// <summary>Everything that <c>bench.sh</c> measures.</summary>
internal static class BenchCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Measures Fulgurite. Every command prints one JSON object a line; comparisons are made in the same run, arms in turn, "
                + "medians after a warm-up.")
        {
            AllCommand.Create(),
            LoopCommand.Create(),
            TrainingCommand.Create(),
            OptimCommand.Create(),
            PrecisionCommand.Create(),
            ExactnessCommand.Create(),
            PrefetchCommand.Create(),
            CaptureCommand.Create(),
            StallCommand.Create(),
            FilesCommand.Create(),
            FilesCommand.CreateResume(),
            ColdCommand.Create(),
            IncrementalCommand.Create(),
            PoliciesCommand.Create(),
            XmlCommand.Create(),
            XmlBaselinesCommand.Create(),
            CrashCommand.Create(),
            DistCommand.Create(),
            ObjectsCommand.Create(),
        };
        NumberRanges.Check(root);
        return root;
    }
}
