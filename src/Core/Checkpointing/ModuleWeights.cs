using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Checkpointing;

/// <summary>Puts the weights of a checkpoint into a module, all or none.</summary>
internal static class ModuleWeights
{
    /// <summary>Finds what does not fit, before anything is changed.</summary>
    public static void Check(TrainingState state, nn.Module module, string path)
    {
        var weights = Weights(state, path);
        var targets = module.state_dict();
        var missing = targets.Keys.Where(name => !weights.ContainsKey(name)).ToList();
        var unexpected = weights.Keys.Select(key => key.ToString()).Where(name => !targets.ContainsKey(name)).ToList();
        if (missing.Count + unexpected.Count > 0)
        {
            throw Unfit(path, $"It was made by another module. Missing in it: {Names(missing)}. Unknown to the module: {Names(unexpected)}.");
        }

        foreach (var (name, tensor) in targets)
        {
            if (weights[name] is not TensorData saved || !tensor.shape.AsSpan().SequenceEqual(saved.Shape))
            {
                throw Unfit(path, $"'{name}' is a {weights[name]} in it and has the shape [{string.Join(", ", tensor.shape)}] in the module. Use the sizes that the checkpoint was made with.");
            }
        }
    }

    public static void Apply(TrainingState state, nn.Module module, string path)
    {
        Check(state, module, path);
        var weights = Weights(state, path);
        foreach (var (name, tensor) in module.state_dict())
        {
            weights[name].AsTensor().CopyTo(tensor);
        }
    }

    public static InvalidOperationException Unfit(string path, string reason) => new($"The checkpoint '{path}' does not fit this training. {reason}");

    private static StateMap Weights(TrainingState state, string path) =>
        state.Root.TryGetValue(CheckpointKeys.StateDict, out var weights) && weights is StateMap map
            ? map
            : throw Unfit(path, $"It has no '{CheckpointKeys.StateDict}', so it is no checkpoint of a training.");

    private static string Names(List<string> names) =>
        names.Count == 0 ? "nothing" : string.Join(", ", names.Take(8)) + (names.Count > 8 ? $" and {names.Count - 8} more" : string.Empty);
}
