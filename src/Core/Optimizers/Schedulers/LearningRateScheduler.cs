using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>
/// The base class of learning rate schedulers. All PyTorch schedulers are available under their names and compute the same values.
/// Derive from this class to write your own.
/// </summary>
/// <remarks>
/// Pass a scheduler to the trainer together with its optimizer (<see cref="OptimizerSetup"/>). The trainer calls <see cref="Step()"/> and
/// saves its state. A scheduler also works with any TorchSharp optimizer without a trainer. The constructor sets the initial learning
/// rates. Not thread-safe; must be used on the training thread. A scheduler does not own the optimizer or any memory.
/// </remarks>
public abstract class LearningRateScheduler
{
    private readonly List<double> _baseRates = [];
    private double[] _lastRates = [];
    private long _stepCount;

    /// <summary>Initializes a scheduler. Call <see cref="Begin"/> at the end of the constructor of a derived class.</summary>
    /// <param name="optimizer">The optimizer.</param>
    protected LearningRateScheduler(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Optimizer = optimizer;
        FindBaseRates();
    }

    /// <summary>Gets the optimizer.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Gets or sets the number of steps since construction; PyTorch's <c>last_epoch</c>.</summary>
    public long LastEpoch { get; protected set; } = -1;

    /// <summary>Gets the initial learning rates of the groups.</summary>
    public IReadOnlyList<double> BaseRates => _baseRates;

    /// <summary>Gets the learning rates that the scheduler set last, one per group.</summary>
    public IReadOnlyList<double> LastRates => _lastRates;

    /// <summary>Gets a value that indicates whether <see cref="Step(double)"/> requires a metric.</summary>
    /// <value>The default is false.</value>
    public virtual bool NeedsMetric => false;

    /// <summary>Gets the current parameter groups of the optimizer.</summary>
    protected IReadOnlyList<optim.ILearningRateController> Groups => [.. Optimizer.ParamGroups];

    /// <summary>Gets how often learning rates were set, including the initial ones; PyTorch's <c>_step_count</c>.</summary>
    protected long StepCount => _stepCount;

    /// <summary>Advances the schedule by one step.</summary>
    /// <exception cref="InvalidOperationException">The scheduler requires a metric.</exception>
    public virtual void Step()
    {
        if (NeedsMetric)
        {
            throw new InvalidOperationException(
                $"{GetType().Name} requires a metric: call Step(metric), or set Monitor in its SchedulerConfiguration.");
        }

        LastEpoch++;
        SetRates(NextRate);
    }

    /// <summary>Advances the schedule by one step, using a metric if the scheduler requires one.</summary>
    /// <param name="metric">The latest value of the metric; ignored by other schedulers.</param>
    public virtual void Step(double metric) => Step();

    /// <summary>Sets the schedule to a step, regardless of previous steps.</summary>
    /// <param name="epoch">The zero-based step; a new scheduler is at step zero.</param>
    public virtual void StepTo(long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        LastEpoch = epoch;
        SetRates(RateAt);
    }

    /// <summary>Returns the state for a checkpoint, under PyTorch's names.</summary>
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
    /// Restores the state that <see cref="StateDict"/> or its counterpart in Python returned. The current learning rates belong to the
    /// optimizer's state and are not changed. Values that the state does not contain keep their current value.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <exception cref="InvalidOperationException">An entry has the wrong type.</exception>
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

    /// <summary>Returns the learning rate of a group at <see cref="LastEpoch"/>, one step after the current one.</summary>
    /// <param name="group">The index of the group.</param>
    /// <param name="rate">The current learning rate; other schedulers may have changed it.</param>
    protected abstract double NextRate(int group, double rate);

    /// <summary>
    /// Returns the learning rate of a group at <see cref="LastEpoch"/>, regardless of the current one. The default implementation calls
    /// <see cref="NextRate"/>.
    /// </summary>
    /// <param name="group">The index of the group.</param>
    /// <param name="rate">The current learning rate.</param>
    protected virtual double RateAt(int group, double rate) => NextRate(group, rate);

    /// <summary>Adds the settings and the state of the derived class to a state. The default implementation adds nothing.</summary>
    /// <param name="state">The state. Preferably use PyTorch's names.</param>
    protected virtual void WriteSettings(StateMap state)
    {
    }

    /// <summary>Reads the values that <see cref="WriteSettings"/> wrote. The default implementation does nothing.</summary>
    /// <param name="state">The state.</param>
    protected virtual void ReadSettings(StateMap state)
    {
    }

    /// <summary>Sets the learning rates of step zero. Must be called at the end of the constructor.</summary>
    protected void Begin()
    {
        _stepCount = 0;
        LastEpoch++;
        SetRates(NextRate);
    }

    /// <summary>Updates <see cref="LastRates"/> from the groups without changing their learning rates.</summary>
    protected void NoteRates()
    {
        _stepCount++;
        _lastRates = [.. Groups.Select(group => group.LearningRate)];
    }

    /// <summary>Returns the initial learning rate of a group.</summary>
    /// <param name="group">The index of the group.</param>
    protected double BaseRate(int group) => _baseRates[group];

    /// <summary>Sets the initial learning rates of the schedule.</summary>
    /// <param name="rates">The learning rates, one per group.</param>
    protected void SetBaseRates(IEnumerable<double> rates)
    {
        _baseRates.Clear();
        _baseRates.AddRange(rates);
    }

    /// <summary>Converts numbers to a list for a state.</summary>
    /// <param name="values">The numbers.</param>
    protected static StateList Reals(IEnumerable<double> values) => new(values.Select(value => (StateValue)value));

    /// <summary>Reads a list of numbers, or returns null if the state does not contain it.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">The name of the list.</param>
    protected static double[]? ReadReals(StateMap state, string name)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is StateList list ? [.. list.Select(item => item.AsReal())] : null;
    }

    /// <summary>Reads a number.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">The name of the number.</param>
    /// <param name="otherwise">The result if the state does not contain the number.</param>
    protected static double ReadReal(StateMap state, string name, double otherwise)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is not StateNull ? value.AsReal() : otherwise;
    }

    /// <summary>Reads an integer.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">The name of the integer.</param>
    /// <param name="otherwise">The result if the state does not contain the integer.</param>
    protected static long ReadInteger(StateMap state, string name, long otherwise)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.TryGetValue(name, out var value) && value is not StateNull ? value.AsInteger() : otherwise;
    }

    /// <summary>Adds the values that PyTorch stores in the optimizer's groups to their state in a checkpoint.</summary>
    internal virtual void WriteGroup(int group, StateMap state)
    {
    }

    /// <summary>Reads the values that <see cref="WriteGroup"/> or PyTorch wrote.</summary>
    internal virtual void ReadGroup(int group, StateMap state)
    {
    }

    /// <summary>Reverts the first step of a scheduler that is part of another.</summary>
    internal void Undo() => LastEpoch--;

    internal void BeginAnew() => Begin();

    private protected void SetRates(Func<int, double, double> rate)
    {
        // Groups may be added during training (unfrozen layers). Their initial learning rate is the one they were added with.
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
