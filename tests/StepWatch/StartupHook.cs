using Fulgurite.Tests.StepWatch;

#pragma warning disable MA0047 // The runtime looks the type up by this name.
/// <summary>What the runtime calls in a process whose DOTNET_STARTUP_HOOKS names this assembly, before the program itself.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Watch.FileVariable) is not { } file)
        {
            return;
        }

        var watch = new Watch(file);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => watch.Dispose();
        ProgramRuns.RunAllButTheLast(watch);
        watch.BeginRun();
    }
}
