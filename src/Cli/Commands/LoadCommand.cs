using System.CommandLine;

namespace Fulgurite.Cli;

/// <summary>What <c>doctor</c> starts in a process of its own: loads native libraries, which may end the process.</summary>
internal sealed class LoadCommand : Command
{
    public const string CommandName = "load-libraries";

    private readonly Argument<string?> _folder = new("folder") { Description = "The folder of the libraries", Arity = ArgumentArity.ZeroOrOne };

    public LoadCommand(Screen screen)
        : base(CommandName, "Load TorchSharp's native libraries and report each step; for 'doctor'")
    {
        Hidden = true;
        Add(_folder);
        SetAction(result => NativeLoader.Run(result.GetValue(_folder), screen));
    }
}
