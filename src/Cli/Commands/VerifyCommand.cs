namespace Fulgurite.Cli;

/// <summary>Verifies files completely; continues after a damaged one.</summary>
internal sealed class VerifyCommand : Command
{
    private readonly Argument<string[]> _files = new("file")
    {
        Description = "Checkpoints, or folders of them",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<bool> _finite = new("--finite") { Description = "Also fail if a tensor contains NaN or infinity" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public VerifyCommand(Screen screen)
        : base("verify", "Check the structure and every checksum of checkpoints; exit code 1 if one is damaged")
    {
        Add(_files);
        Add(_finite);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        var reports = new List<VerificationReport>();
        foreach (var path in result.GetValue(_files)!.SelectMany(CheckpointFolder.Expand))
        {
            var report = await CheckpointVerifier.RunAsync(path, result.GetValue(_finite), screen, cancellationToken).ConfigureAwait(false);
            reports.Add(report);
            if (!result.GetValue(_json))
            {
                (report.IsValid ? screen.Output : screen.Error).WriteLine(report.ToString());
            }
        }

        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject
            {
                ["valid"] = reports.TrueForAll(report => report.IsValid),
                ["files"] = new JsonArray([.. reports.Select(report => report.ToJson())]),
            });
        }

        return reports.TrueForAll(report => report.IsValid) ? ExitCode.Success : ExitCode.Difference;
    }
}
