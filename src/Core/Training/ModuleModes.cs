using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Saves the training mode of each submodule, so that frozen submodules in evaluation mode stay in it.
/// </summary>
internal sealed class ModuleModes
{
    private readonly List<(nn.Module Part, bool Training)> _modes;

    private ModuleModes(List<(nn.Module Part, bool Training)> modes) => _modes = modes;

    public static ModuleModes Of(nn.Module module) => new([.. module.modules().Prepend(module).Select(part => (part, part.training))]);

    /// <summary>
    /// Restores the modes. Setting a mode also sets those of all submodules, so parents come first; shared submodules may take a second
    /// pass.
    /// </summary>
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
