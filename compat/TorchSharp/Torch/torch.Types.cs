using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static bool is_tensor(object obj) => obj is Tensor;

    public static ScalarType result_type(Tensor tensor1, Tensor tensor2) => (ScalarType)Op.CallInt("result_type.Tensor", tensor1, tensor2);

    public static bool can_cast(ScalarType from, ScalarType to) => Op.CallBool("can_cast", from, to);

    public static ScalarType promote_types(ScalarType type1, ScalarType type2) => (ScalarType)Op.CallInt("promote_types", type1, type2);
}
