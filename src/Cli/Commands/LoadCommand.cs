using System.CommandLine;

namespace Fulgurite.Cli;

/// <summary>Loads native libraries, which may crash the process; run by <c>doctor</c> in a separate process.</summary>
internal sealed class LoadCommand : Command
{
    public const string CommandName = "load-libraries";

    private readonly Argument<string?> _folder = new("folder") { Description = "The folder of the libraries", Arity = ArgumentArity.ZeroOrOne };

    public LoadCommand(Screen screen)
        : base(CommandName, "Load TorchSharp's native libraries and report each step; used by 'doctor'")
    {
        Hidden = true;
        Add(_folder);
        SetAction(result => NativeLoader.Run(result.GetValue(_folder), screen));
    }
}
