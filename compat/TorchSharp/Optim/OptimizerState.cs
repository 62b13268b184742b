namespace TorchSharp.Modules;

/// <summary>What an optimizer remembers of one parameter.</summary>
public abstract class OptimizerState
{
    protected Parameter _parameter;

    protected OptimizerState(Parameter parameter)
    {
        _parameter = parameter;
    }

    public abstract void SaveStateDict(BinaryWriter writer);

    public abstract void LoadStateDict(BinaryReader reader);

    /// <summary>Takes copies of what another state holds, on the parameter's device.</summary>
    public abstract void LoadStateDict(OptimizerState source);

    public virtual bool ApproximatelyEquals(OptimizerState other) => false;

    /// <summary>Back to the state before the first step.</summary>
    public abstract void Initialize(OptimizerOptions options);

    public virtual void to(torch.Device device)
    {
    }

    /// <summary>Lists the fields, in the order of the file.</summary>
    internal virtual void Visit(StateVisitor visitor)
    {
    }

    protected static void SaveConditionalStateTensor(BinaryWriter writer, torch.Tensor? tensor) => new StateWriter(writer).VisitOptional(ref tensor);

    protected static void LoadConditionalStateTensor(BinaryReader reader, ref torch.Tensor? result, torch.Device device) =>
        new StateReader(reader, device).VisitOptional(ref result);

    private protected void SaveAll(BinaryWriter writer) => Visit(new StateWriter(writer));

    private protected void LoadAll(BinaryReader reader) => Visit(new StateReader(reader, _parameter.device));

    private protected void MoveAll(torch.Device device) => Visit(new StateMover(device));

    private protected void CopyAll(OptimizerState source)
    {
        if (source.GetType() != GetType())
        {
            throw new ArgumentException($"The state of {GetType()} cannot be loaded from a {source.GetType()}.", nameof(source));
        }

        Visit(new StateAssigner(StateSlots.Of(source), _parameter.device));
    }

    private protected bool EqualsAll(OptimizerState other) =>
        other?.GetType() == GetType() && StateSlots.Of(this).Zip(StateSlots.Of(other)).All(pair => Close(pair.First, pair.Second));

    private protected void DisposeAll()
    {
        foreach (var tensor in StateSlots.Of(this).OfType<torch.Tensor>())
        {
            tensor.Dispose();
        }
    }

    /// <summary>A new tensor like the parameter, outside every dispose scope; the old one goes.</summary>
    private protected torch.Tensor Fresh(torch.Tensor? old, double value = 0)
    {
        old?.Dispose();
        using var noGrad = torch.no_grad();
        return (value == 0 ? torch.zeros_like(_parameter) : torch.full_like(_parameter, value)).DetachFromDisposeScope();
    }

    private static bool Close(object? left, object? right) => (left, right) switch
    {
        (torch.Tensor a, torch.Tensor b) => a.allclose(b),
        _ => Equals(left, right),
    };
}
