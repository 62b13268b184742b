using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>
/// Changes the learning rates of an optimizer from step to step. All schedulers of PyTorch are here under its names and compute what
/// it computes; write your own by deriving from this class.
/// </summary>
/// <remarks>
/// A scheduler is given to the trainer together with its optimizer (<see cref="OptimizerSetup"/>), which then calls
/// <see cref="Step()"/> and keeps its state. It may also be used by hand with any optimizer of TorchSharp. Making one sets the learning
/// rates at once. Used on the thread of the run; it owns neither the optimizer nor memory.
/// </remarks>
public abstract class LearningRateScheduler
{
    private readonly List<double> _baseRates = [];
    private double[] _lastRates = [];
    private long _stepCount;

    /// <summary>Makes a scheduler. End the constructor of a derived class with <see cref="Begin"/>, once its settings are there.</summary>
    /// <param name="optimizer">The optimizer whose learning rates change.</param>
    protected LearningRateScheduler(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Optimizer = optimizer;
        FindBaseRates();
    }

    /// <summary>The optimizer whose learning rates change.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>How many times the scheduler was stepped after it was made; PyTorch's <c>last_epoch</c>.</summary>
    public long LastEpoch { get; protected set; } = -1;

    /// <summary>The learning rates of the groups that the schedule starts from.</summary>
    public IReadOnlyList<double> BaseRates => _baseRates;

    /// <summary>The learning rates of the groups that the scheduler has set last.</summary>
    public IReadOnlyList<double> LastRates => _lastRates;

    /// <summary>Whether <see cref="Step(double)"/> wants a metric. Default: false.</summary>
    public virtual bool NeedsMetric => false;

    /// <summary>The groups of the optimizer, as they are now.</summary>
    protected IReadOnlyList<optim.ILearningRateController> Groups => [.. Optimizer.ParamGroups];

    /// <summary>How often learning rates were set, the first time included; PyTorch's <c>_step_count</c>.</summary>
    protected long StepCount => _stepCount;

    /// <summary>Goes one step further.</summary>
    /// <exception cref="InvalidOperationException">The scheduler needs a metric.</exception>
    public virtual void Step()
    {
        if (NeedsMetric)
        {
            throw new InvalidOperationException($"{GetType().Name} goes by a metric: call Step(metric), or give the trainer its name (Monitor).");
        }

        LastEpoch++;
        SetRates(NextRate);
    }

    /// <summary>Goes one step further, by a metric where the scheduler wants one.</summary>
    /// <param name="metric">The newest value of the metric; ignored by schedulers that want none.</param>
    public virtual void Step(double metric) => Step();

    /// <summary>Goes to a step at once, whatever steps were made before.</summary>
    /// <param name="epoch">The step, from zero, which is where a new scheduler stands.</param>
    public virtual void StepTo(long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        LastEpoch = epoch;
        SetRates(RateAt);
    }

    /// <summary>What a checkpoint keeps, under PyTorch's names.</summary>
    public virtual StateMap StateDict()
    {
        var state = new StateMap();
        WriteSettings(state);
        state["base_lrs"] = Reals(_baseRates);
        state["last_epoch"] = LastEpoch;
        state["verbose"] = false;
        state["_step_count"] = _stepCount;
        state["_get_lr_called_within_step"] = false;
        state["_last_lr"] = Reals(_lastRates);
        return state;
    }

    /// <summary>
    /// Takes back what <see cref="StateDict"/> gave, here or in Python. The learning rates themselves are part of the optimizer's state and
    /// stay as they are. What the state lacks is left alone.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <exception cref="InvalidOperationException">An entry is of another kind than expected.</exception>
    public virtual void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        LastEpoch = ReadInteger(state, "last_epoch", LastEpoch);
        _stepCount = ReadInteger(state, "_step_count", LastEpoch + 1);
        if (ReadReals(state, "base_lrs") is { } rates)
        {
            _baseRates.Clear();
            _baseRates.AddRange(rates);
        }

        _lastRates = ReadReals(state, "_last_lr") ?? [.. Groups.Select(group => group.LearningRate)];
        ReadSettings(state);
    }

    /// <summary>The learning rate of a group at <see cref="LastEpoch"/>, which is one step after the one that it has now.</summary>
    /// <param name="group">The number of the group.</param>
    /// <param name="rate">The learning rate that it has now; other schedulers may have changed it.</param>
    protected abstract double NextRate(int group, double rate);

    /// <summary>The learning rate of a group at <see cref="LastEpoch"/>, whatever it is now. Default: <see cref="NextRate"/>.</summary>
    /// <param name="group">The number of the group.</param>
    /// <param name="rate">The learning rate that it has now.</param>
    protected virtual double RateAt(int group, double rate) => NextRate(group, rate);

    /// <summary>Adds the settings and the state of the derived class to a state. Default: nothing.</summary>
    /// <param name="state">The state; PyTorch's names are best.</param>
    protected virtual void WriteSettings(StateMap state)
    {
    }

    /// <summary>Reads what <see cref="WriteSettings"/> wrote. Default: nothing.</summary>
    /// <param name="state">The state.</param>
    protected virtual void ReadSettings(StateMap state)
    {
    }

    /// <summary>Sets the learning rates of step zero. Call it at the end of the constructor.</summary>
    protected void Begin()
    {
        _stepCount = 0;
        LastEpoch++;
        SetRates(NextRate);
    }

    /// <summary>Notes which learning rates the groups have, without a change of them.</summary>
    protected void NoteRates()
    {
        _stepCount++;
        _lastRates = [.. Groups.Select(group => group.LearningRate)];
    }

    /// <summary>The learning rate that a group starts from.</summary>
    /// <param name="group">The number of the group.</param>
    protected double BaseRate(int group) => _baseRates[group];

    /// <summary>Sets the learning rates that the schedule starts from.</summary>
    /// <param name="rates">One a group.</param>
    protected void SetBaseRates(IEnumerable<double> rates)
    {
        _baseRates.Clear();
        _baseRates.AddRange(rates);
    }

    /// <summary>Makes a list of numbers for a state.</summary>
    /// <param name="values">The numbers.</param>
    protected static StateList Reals(IEnumerable<double> values) => new(values.Select(value => (StateValue)value));

    /// <summary>Reads a list of numbers; null where the state has none.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">The name of the list.</param>
    protected static double[]? ReadReals(StateMap state, string name)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is StateList list ? [.. list.Select(item => item.AsReal())] : null;
    }

    /// <summary>Reads a number.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">What it is where the state lacks it.</param>
    protected static double ReadReal(StateMap state, string name, double otherwise)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is not StateNull ? value.AsReal() : otherwise;
    }

    /// <summary>Reads an integer.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">What it is where the state lacks it.</param>
    protected static long ReadInteger(StateMap state, string name, long otherwise)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is not StateNull ? value.AsInteger() : otherwise;
    }

    /// <summary>What PyTorch keeps of a schedule within the optimizer's groups; added to their state in checkpoints.</summary>
    internal virtual void WriteGroup(int group, StateMap state)
    {
    }

    /// <summary>Reads what <see cref="WriteGroup"/> wrote, here or in Python.</summary>
    internal virtual void ReadGroup(int group, StateMap state)
    {
    }

    /// <summary>Sets the scheduler back to before its first step and steps it, for one that is part of another.</summary>
    internal void Undo() => LastEpoch--;

    internal void BeginAnew() => Begin();

    private protected void SetRates(Func<int, double, double> rate)
    {
        // Groups may be added while training goes on (frozen layers that thaw): they start from the learning rate that they came with.
        FindBaseRates();
        _stepCount++;
        var groups = Groups;
        var rates = new double[groups.Count];
        for (var index = 0; index < groups.Count; index++)
        {
            rates[index] = rate(index, groups[index].LearningRate);
        }

        for (var index = 0; index < groups.Count; index++)
        {
            groups[index].LearningRate = rates[index];
        }

        _lastRates = rates;
    }

    private void FindBaseRates()
    {
        foreach (var group in Optimizer.ParamGroups.Skip(_baseRates.Count))
        {
            if (group.InitialLearningRate == 0)
            {
                group.InitialLearningRate = group.LearningRate;
            }

            _baseRates.Add(group.InitialLearningRate);
        }
    }
}
