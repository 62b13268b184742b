using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>How one checkpoint is loaded. Tensors lie in host memory whatever device they were saved on, unless <see cref="Into"/> or <see cref="Device"/> say otherwise.</summary>
public sealed record LoadOptions
{
    /// <summary>Whether checksums are checked, in the same pass as the reading. Default: true.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>
    /// Whether tensors are attached instead of read, where the storage can do that: the bytes of one are read when it is first touched, and
    /// are those that the file had when it was opened, even if another file takes its path. What is not read is not verified.
    /// Default: false.
    /// </summary>
    public bool Mapped { get; init; }

    /// <summary>
    /// Gets whether the elements of a tensor are read when they are first used, straight into the tensor that they are copied to
    /// (<see cref="State.TensorData.CopyTo(Tensor)"/>), so that the state is not held twice. With <see cref="Verify"/> all elements are read and
    /// compared with their checksums once before. The file stays open until the state is disposed. A storage that is slow to read twice reads
    /// everything at once instead.
    /// </summary>
    /// <value>Default: false. A trainer loads this way.</value>
    public bool Deferred { get; init; }

    /// <summary>
    /// Paths in the state, such as <c>state_dict</c> or <c>optimizer_states.0</c>: only these and what is below them is loaded. In lists
    /// <see cref="State.StateValue.Null"/> stands for what is left out. Default: null, everything.
    /// </summary>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>
    /// Existing tensors, such as parameters, by their path in the state. Their elements are overwritten (outside of autograd, converted
    /// where type or device differ) and the state that is returned shows their memory. Where the checkpoint lacks one it is left as it is;
    /// after a load that failed their content is undefined. Default: null, none.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor>? Into { get; init; }

    /// <summary>
    /// The device that tensors are put on, whatever device they were saved on: they are then live tensors there, which share memory as they did
    /// and are disposed with the state (<see cref="State.TensorData.ToTensor"/> makes ones to keep). Those of <see cref="Into"/> stay where
    /// they are. Default: null, host memory.
    /// </summary>
    public Device? Device { get; init; }

    /// <summary>What a custom implementation wants to be told. Default: null.</summary>
    public StorageOptions? Storage { get; init; }
}
