using System.CommandLine;
using Fulgurite.Bench.Commands;

var root = new RootCommand("Measures Fulgurite. Every command prints one JSON object a line; comparisons are made in the same run, arms in turn, medians after a warm-up.")
{
    EngineCommand.Create(),
    LoopCommand.Create(),
    PrefetchCommand.Create(),
    CaptureCommand.Create(),
    StallCommand.Create(),
    FilesCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
