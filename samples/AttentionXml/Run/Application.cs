using AttentionXml.Data;
using AttentionXml.Policies;
using Fulgurite;

namespace AttentionXml.Run;

/// <summary>Runs the program from its arguments to its exit code.</summary>
/// <param name="screen">The output.</param>
internal sealed class Application(Screen screen)
{
    public async Task<int> RunAsync(string[] arguments, TerminationSignals signals)
    {
        var commandLine = new CommandLine();
        var parsed = commandLine.Root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
            {
                screen.Error.WriteLine(problem.Message);
            }

            screen.Error.WriteLine("See --help.");
            return ExitCode.BadInput;
        }

        if (parsed.Action is not null)
        {
            return await parsed.InvokeAsync(new() { Output = screen.Output, Error = screen.Error });
        }

        var options = commandLine.Bind(parsed);
        try
        {
            var status = options.ComparePolicies
                ? await new PolicyComparison(options, screen).ExecuteAsync(signals.Token)
                : await new ForestRun(options, screen).ExecuteAsync(signals.Token);
            return status == FitStatus.Cancelled ? signals.ExitCode : ExitCode.Success;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            screen.Output.WriteLine("Stopped before training began; nothing was saved.");
            return signals.ExitCode;
        }
        catch (InputException e)
        {
            screen.Error.WriteLine(e.Message);
            return ExitCode.BadInput;
        }
        catch (CheckpointException e)
        {
            screen.Error.WriteLine(e.Message);
            return ExitCode.Failure;
        }
    }
}
