using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What the optimizers share: groups, states, and their file.</summary>
public abstract class OptimizerHelper : torch.optim.Optimizer
{
    protected OptimizerOptions _defaults = null!;
    protected OrderedDict<IntPtr, OptimizerState> _state = [];

    public OptimizerHelper()
    {
    }

    /// <summary>Settings and state: the live objects, no copies.</summary>
    public virtual StateDictionary state_dict()
    {
        var result = new StateDictionary();
        foreach (var group in _parameter_groups)
        {
            result.Options.Add(group.Options);
            var places = new List<int>();
            foreach (var parameter in group.Parameters)
            {
                places.Add(result.State.Count);
                result.State.Add(_state[parameter.Handle]);
            }

            result.StateIndexRef.Add(places);
        }

        return result;
    }

    /// <summary>Copies settings and state from another optimizer's, matched by order.</summary>
    /// <exception cref="ArgumentException">The number of groups or parameters differs.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        ArgumentNullException.ThrowIfNull(state_dict);
        var own = this.state_dict();
        CheckCounts(own, state_dict.Options.Count, state_dict.State.Count);
        foreach (var (mine, given) in own.Options.Zip(state_dict.Options))
        {
            mine.LoadStateDict(given);
        }

        foreach (var (mine, given) in own.State.Zip(state_dict.State))
        {
            mine.LoadStateDict(given);
        }
    }

    public void save_state_dict(string location)
    {
        using var stream = File.Create(location);
        using var writer = new BinaryWriter(stream);
        save_state_dict(writer);
    }

    public void load_state_dict(string location)
    {
        using var stream = File.OpenRead(location);
        using var reader = new BinaryReader(stream);
        load_state_dict(reader);
    }

    /// <summary>Writes the kind of the optimizer, the two counts, the groups' settings and the states.</summary>
    public void save_state_dict(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var own = state_dict();
        writer.Write(GetType().Name);
        writer.Encode(own.Options.Count);
        writer.Encode(own.State.Count);
        own.Options.ForEach(options => options.SaveStateDict(writer));
        own.State.ForEach(state => state.SaveStateDict(writer));
    }

    /// <exception cref="InvalidDataException">Another kind of optimizer wrote it.</exception>
    /// <exception cref="ArgumentException">The number of groups or parameters differs.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var kind = reader.ReadString();
        if (kind != GetType().Name)
        {
            throw new InvalidDataException($"The state is of an optimizer '{kind}' and cannot be loaded into '{GetType().Name}'.");
        }

        var own = state_dict();
        var groups = reader.Decode();
        CheckCounts(own, groups, reader.Decode());
        own.Options.ForEach(options => options.LoadStateDict(reader));
        own.State.ForEach(state => state.LoadStateDict(reader));
    }

    /// <summary>Moves the state; the parameters must be there already.</summary>
    public void to(Device device)
    {
        foreach (var (_, state) in _state)
        {
            state.to(device);
        }
    }

    public override void zero_grad() => base.zero_grad();

    public override IEnumerable<Parameter> parameters() => base.parameters();

    /// <summary>Adds a group; settings that it leaves open are the optimizer's own, and its states are made at once.</summary>
    public override void add_param_group(ParamGroup param_group)
    {
        ArgumentNullException.ThrowIfNull(param_group);
        if (NewOptions() is { } fresh)
        {
            param_group.Options ??= fresh;
            param_group.Options.Complete(_defaults);
            param_group.InitialLearningRate = param_group.LearningRate;

            // A sequence that is computed anew at each walk would be walked at each step.
            param_group.Parameters = param_group.Parameters as IReadOnlyCollection<Parameter> ?? [.. param_group.Parameters];
            foreach (var parameter in param_group.Parameters)
            {
                var state = NewState(parameter);
                state.Initialize(param_group.Options);
                _state[parameter.Handle] = state;
            }
        }

        base.add_param_group(param_group);
    }

    /// <summary>Empty settings; null in an optimizer that adds its groups itself.</summary>
    internal virtual OptimizerOptions? NewOptions() => null;

    internal virtual OptimizerState NewState(Parameter parameter) => throw new InvalidOperationException($"{GetType()} has no state.");

    private protected void AddGroups(OptimizerOptions defaults, IEnumerable<ParamGroup> groups)
    {
        _defaults = defaults;
        foreach (var group in groups)
        {
            add_param_group(group);
        }
    }

    /// <summary>Runs the closure with gradients, and then <paramref name="body"/> for each group without, in a dispose scope.</summary>
    protected Tensor _step<T>(Action<T> body, Func<Tensor>? loss_closure = null)
        where T : ParamGroup
    {
        ArgumentNullException.ThrowIfNull(body);
        Tensor? loss = null;
        if (loss_closure is not null)
        {
            using var grad = enable_grad();
            loss = loss_closure();
        }

        using (no_grad())
        using (NewDisposeScope())
        {
            foreach (var group in _parameter_groups)
            {
                body((T)group);
            }
        }

        return loss!;
    }

    internal override void DisposeState()
    {
        foreach (var (_, state) in _state)
        {
            (state as IDisposable)?.Dispose();
        }
    }

    /// <summary>The parameters that have a gradient, with it. What is made for one is disposed before the next, so that its memory is used again while it is in the cache.</summary>
    private protected static IEnumerable<(Parameter Parameter, Tensor Gradient)> Gradients(ParamGroup group)
    {
        foreach (var parameter in group.Parameters)
        {
            using var scope = NewDisposeScope();
            if (parameter.grad is { } gradient)
            {
                yield return (parameter, gradient);
            }
        }
    }

    /// <summary>State made during a step outlives the scope of the step.</summary>
    private protected static Tensor Outside(Tensor tensor) => tensor.DetachFromDisposeScope();

    private static void CheckCounts(StateDictionary own, long groups, long states)
    {
        if (groups != own.Options.Count || states != own.State.Count)
        {
            throw new ArgumentException(
                $"The optimizer has {own.Options.Count} groups and {own.State.Count} parameters; the state has {groups} and {states}. "
                + "Make the optimizer for the same parameters in the same groups before loading.");
        }
    }
}
