using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>Reads numbers in the form of other programs: scores of Lightning are tensors of one element.</summary>
internal static class StateNumber
{
    /// <summary>Returns the number; null if there is none.</summary>
    public static double? Read(StateValue value)
    {
        switch (value)
        {
            case StateNull:
                return null;
            case TensorData tensor:
                using (var element = tensor.ToTensor())
                using (var number = element.to_type(TorchSharp.torch.ScalarType.Float64))
                {
                    return number.item<double>();
                }

            default:
                return value.AsReal();
        }
    }
}
