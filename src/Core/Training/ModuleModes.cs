using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Remembers of each part of a module whether it is in training mode: a frozen part that was in evaluation mode stays so.</summary>
internal sealed class ModuleModes
{
    private readonly List<(nn.Module Part, bool Training)> _modes;

    private ModuleModes(List<(nn.Module Part, bool Training)> modes) => _modes = modes;

    public static ModuleModes Of(nn.Module module) => new([.. module.modules().Prepend(module).Select(part => (part, part.training))]);

    /// <summary>Gives each part its mode back. Setting one sets all below it, so parents come first; a part with two parents may take a second pass.</summary>
    public void Restore()
    {
        for (var pass = 0; pass < 2 && !Pass(); pass++)
        {
        }
    }

    private bool Pass()
    {
        var settled = true;
        foreach (var (part, training) in _modes)
        {
            if (part.training != training)
            {
                part.train(training);
                settled = false;
            }
        }

        return settled;
    }
}
