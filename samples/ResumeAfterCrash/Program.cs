using System.Diagnostics;
using ResumeAfterCrash;

// train FOLDER [STEP]: one training in its own process, killed after that step.
if (args is ["train", var where, .. var rest])
{
    await NoisyTraining.RunAsync(where, killAfterStep: rest is [var given] ? long.Parse(given) : null);
    return 0;
}

// No arguments, or the step of the kill: trains once without interruption, and once with a crash in the middle.
var step = args is [var asked] ? long.Parse(asked) : Random.Shared.Next(1, NoisyTraining.Steps);
var folder = Directory.CreateTempSubdirectory("resume-after-crash-");
try
{
    Console.WriteLine("Uninterrupted training:");
    var expected = Train("unbroken");
    Console.WriteLine($"The same training, killed (SIGKILL) after step {step}:");
    Train("broken", step.ToString());
    Console.WriteLine("Restarted:");
    var resumed = Train("broken");
    Console.WriteLine(resumed == expected ? "The weights are the same, bit for bit." : "THE WEIGHTS DIFFER.");
    return resumed == expected ? 0 : 1;
}
finally
{
    folder.Delete(recursive: true);
}

// The last line of a training contains the hash of its weights; null if it did not get there.
string? Train(string name, params string[] killAfterStep)
{
    var start = new ProcessStartInfo(
        "dotnet", [typeof(NoisyTraining).Assembly.Location, "train", Path.Combine(folder.FullName, name), .. killAfterStep])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
    };
    using var process = Process.Start(start)!;
    string? last = null;
    while (process.StandardOutput.ReadLine() is { } line)
    {
        Console.WriteLine("  " + line);
        last = line;
    }

    process.WaitForExit();
    Console.WriteLine($"  exit code {process.ExitCode}");
    return process.ExitCode == 0 ? last : null;
}
