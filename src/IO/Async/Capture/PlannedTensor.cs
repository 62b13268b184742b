using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>What a plan knows of one tensor: enough to tell that it is still the same memory, seen the same way.</summary>
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

    /// <summary>Where its first element lay when the plan was made or last adapted.</summary>
    public nint Address { get; set; }

    /// <summary>The piece that it lies in, and where.</summary>
    public StoragePlace Place { get; }

    /// <summary>Whether a tensor is this one but perhaps for its address.</summary>
    public bool IsLike(TensorData tensor) =>
        tensor.Type == _type
        && tensor.Stability == _stability
        && tensor.Shape.SequenceEqual(_shape)
        && tensor.Strides.SequenceEqual(_strides)
        && tensor.Storage.IsOnHost == _isOnHost;
}
