namespace TorchSharp.Modules;

/// <summary>The settings of one group of parameters.</summary>
public class OptimizerOptions
{
    public double? LearningRate { get; set; }

    /// <summary>The learning rate that the group began with, from which schedulers compute theirs.</summary>
    public double InitialLearningRate { get; set; }

    public virtual void SaveStateDict(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(InitialLearningRate);
        writer.Write(LearningRate!.Value);
        Visit(new StateWriter(writer));
    }

    public virtual void LoadStateDict(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        InitialLearningRate = reader.ReadDouble();
        LearningRate = reader.ReadDouble();
        Visit(new StateReader(reader, null));
    }

    public virtual void LoadStateDict(OptimizerOptions source)
    {
        ArgumentNullException.ThrowIfNull(source);
        InitialLearningRate = source.InitialLearningRate;
        LearningRate = source.LearningRate;
        if (source.GetType() != GetType())
        {
            throw new ArgumentException($"{GetType()} cannot be loaded from a {source.GetType()}.", nameof(source));
        }

        Visit(new StateAssigner(StateSlots.Of(source), null));
    }

    /// <summary>Lists the fields, in the order of the file.</summary>
    internal virtual void Visit(StateVisitor visitor)
    {
    }

    /// <summary>Takes the value of every field that is unset from <paramref name="defaults"/>.</summary>
    internal void Complete(OptimizerOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        Visit(new StateAssigner(StateSlots.Of(defaults), null, onlyUnset: true));
    }
}
