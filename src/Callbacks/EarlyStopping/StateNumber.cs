using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>Reads a number as other programs keep it: Lightning's scores are tensors of one element.</summary>
internal static class StateNumber
{
    /// <summary>The number; null where there is none.</summary>
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
