using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The options for loading a checkpoint. Tensors are loaded to host memory regardless of the device from which they were saved, unless
/// <see cref="Into"/> or <see cref="Device"/> is set.
/// </summary>
public sealed record LoadOptions
{
    /// <summary>Gets a value that indicates whether checksums are verified, in the same pass as the reading.</summary>
    /// <value>The default is true.</value>
    public bool Verify { get; init; } = true;

    /// <summary>
    /// Gets a value that indicates whether tensors are memory-mapped instead of read, if the storage supports it. The bytes of a tensor are
    /// read on first access and are those of the file when it was opened, even if it is replaced. Bytes that are not read are not verified.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Mapped { get; init; }

    /// <summary>
    /// Gets whether the elements of a tensor are read on first use, directly into the tensor to which they are copied
    /// (<see cref="State.TensorData.CopyTo(Tensor)"/>), so that the state is not in memory twice. With <see cref="Verify"/>, all elements
    /// are read once in advance to verify their checksums. The file stays open until the state is disposed. A storage that is slow to read
    /// twice reads everything immediately instead.
    /// </summary>
    /// <value>The default is false. A trainer sets it to true.</value>
    public bool Deferred { get; init; }

    /// <summary>
    /// Gets the paths to load, such as <c>state_dict</c> or <c>optimizer_states.0</c>, including everything below them. In lists,
    /// <see cref="StateValue.Null"/> replaces omitted elements. Null loads everything.
    /// </summary>
    /// <value>The default is null.</value>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>
    /// Gets existing tensors to load into, such as parameters, by their path in the state. Their elements are overwritten, without autograd
    /// and with conversion of type or device, and the returned state references their memory. A tensor that the checkpoint lacks is
    /// unchanged. After a failed load, their content is undefined.
    /// </summary>
    /// <value>The default is null.</value>
    public IReadOnlyDictionary<string, Tensor>? Into { get; init; }

    /// <summary>
    /// Gets the device of the loaded tensors, regardless of the device from which they were saved; null for host memory. The tensors are
    /// live, share memory as they did when saved, and are disposed with the state (use <see cref="State.TensorData.ToTensor"/> for copies
    /// to keep). The tensors of <see cref="Into"/> stay on their device.
    /// </summary>
    /// <value>The default is null.</value>
    public Device? Device { get; init; }

    /// <summary>Gets the options of a custom implementation.</summary>
    /// <value>The default is null.</value>
    public StorageOptions? Storage { get; init; }
}
