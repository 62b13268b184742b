using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>The properties of a tensor in a plan, used to check that a tensor has the same memory and layout.</summary>
internal sealed class PlannedTensor
{
    private readonly ScalarType _type;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _isOnHost;
    private readonly TensorStability _stability;

    public PlannedTensor(TensorData tensor, StoragePlace place)
    {
        _type = tensor.Type;
        _shape = tensor.Shape.ToArray();
        _strides = tensor.Strides.ToArray();
        _isOnHost = tensor.Storage.IsOnHost;
        _stability = tensor.Stability;
        Address = tensor.Address;
        Place = place;
    }

    /// <summary>Gets or sets the address of its first element, as of the creation or last update of the plan.</summary>
    public nint Address { get; set; }

    /// <summary>Gets its piece and its offset in the piece.</summary>
    public StoragePlace Place { get; }

    /// <summary>Returns true if a tensor matches, except for its address.</summary>
    public bool IsLike(TensorData tensor) =>
        tensor.Type == _type
        && tensor.Stability == _stability
        && tensor.Shape.SequenceEqual(_shape)
        && tensor.Strides.SequenceEqual(_strides)
        && tensor.Storage.IsOnHost == _isOnHost;
}
