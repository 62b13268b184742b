using Fulgurite.IO;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Checks the requirements of a training on this machine and reports remedies for problems.</summary>
internal sealed class DoctorCommand : Command
{
    private readonly Argument<string?> _output = new("output")
    {
        Description = "The output folder of a program, to check its native libraries",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _checkpoints = new("--checkpoints")
    {
        Description = "A folder for checkpoints, to check its file system",
        HelpName = "folder",
    };
    private readonly Option<bool> _fix = new("--fix")
    {
        Description = "Adapt TorchSharp's library in the output folder to an older libstdc++",
    };
    private readonly Option<bool> _json = CommonOptions.Json();

    public DoctorCommand(Screen screen)
        : base(
            "doctor",
            "Check .NET, TorchSharp's native libraries, CUDA and the file system for checkpoints; exit code 1 if something does not work")
    {
        Add(_output);
        Add(_checkpoints);
        Add(_fix);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var (output, checkpoints, fix) = (
            Existing(result.GetValue(_output)), Existing(result.GetValue(_checkpoints)), result.GetValue(_fix));
        if (fix && output is null)
        {
            throw new UsageException("--fix needs the output folder of a program: fulgurite doctor bin/Release/net10.0 --fix.");
        }

        var diagnoses = new List<Diagnosis> { DotnetCheck.Run(output) };
        var folder = output is null ? null : NativeFolder.Find(output);
        if (OperatingSystem.IsLinux())
        {
            diagnoses.Add(LibstdcxxCheck.Run(File.Exists(folder?.TorchSharp) ? folder.TorchSharp : null, SystemLibstdcxx.Find(), fix));
        }

        var report = await LoaderProcess.RunAsync(folder, cancellationToken).ConfigureAwait(false);
        if (output is not null)
        {
            diagnoses.Add(folder is null ? NativeCheck.Missing(output) : NativeCheck.Run(folder, report));
            diagnoses.AddRange(NativeCheck.Copies(output) is { } copies ? [copies] : []);
        }

        diagnoses.Add(CudaCheck.Run(folder, report));
        diagnoses.AddRange(checkpoints is null ? [] : FileSystemCheck.Run(checkpoints, FileCalls.Native));
        Show(screen, diagnoses, result.GetValue(_json));
        return diagnoses.Exists(diagnosis => diagnosis.Health == Health.Broken) ? ExitCode.Difference : ExitCode.Success;
    }

    private static string? Existing(string? folder) =>
        folder is null || Directory.Exists(folder)
            ? folder
            : throw new UsageException($"The folder '{folder}' does not exist. Check the path.");

    private static void Show(Screen screen, List<Diagnosis> diagnoses, bool asJson)
    {
        if (asJson)
        {
            screen.Write(new JsonObject
            {
                ["healthy"] = diagnoses.TrueForAll(diagnosis => diagnosis.Health != Health.Broken),
                ["checks"] = new JsonArray([.. diagnoses.Select(diagnosis => diagnosis.ToJson())]),
            });
            return;
        }

        var table = Screen.NewTable("check", "state", "finding");
        foreach (var diagnosis in diagnoses)
        {
            table.AddRow(diagnosis.Check, State(diagnosis.Health, screen.HasColors), Markup.Escape(diagnosis.Finding));
            if (diagnosis.Remedy is { } remedy)
            {
                table.AddRow(string.Empty, string.Empty, Markup.Escape($"-> {remedy}"));
            }
        }

        screen.Write(table);
    }

    private static string State(Health health, bool hasColors) => (health, hasColors) switch
    {
        (Health.Broken, true) => "[red]BROKEN[/]",
        (Health.Note, true) => "[yellow]note[/]",
        (Health.Fixed, true) => "[green]fixed[/]",
        (Health.Broken, _) => "BROKEN",
        (Health.Note, _) => "note",
        (Health.Fixed, _) => "fixed",
        _ => "ok",
    };
}

/// <summary>Loads native libraries, which may crash the process; run by <c>doctor</c> in a separate process.</summary>
internal sealed class LoadCommand : Command
{
    public const string CommandName = "load-libraries";

    private readonly Argument<string?> _folder = new("folder")
    {
        Description = "The folder of the libraries",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public LoadCommand(Screen screen)
        : base(CommandName, "Load TorchSharp's native libraries and report each step; used by 'doctor'")
    {
        Hidden = true;
        Add(_folder);
        SetAction(result => NativeLoader.Run(result.GetValue(_folder), screen));
    }
}
