using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Compares state trees, recursively without iterators or paths, since the training thread waits.</summary>
internal static class StateTree
{
    /// <summary>Returns true if two trees are equal, ignoring tensors.</summary>
    public static bool AreSame(StateValue left, StateValue right)
    {
        switch (left, right)
        {
            case (TensorData, TensorData):
                return true;
            case (StateMap a, StateMap b):
                return a.Count == b.Count
                    && a.Zip(b).All(pair => pair.First.Key == pair.Second.Key && AreSame(pair.First.Value, pair.Second.Value));
            case (StateList a, StateList b):
                return a.Count == b.Count && a.IsTuple == b.IsTuple && a.Zip(b).All(pair => AreSame(pair.First, pair.Second));
            case (StateObject a, StateObject b):
                return string.Equals(a.ClassName, b.ClassName, StringComparison.Ordinal) && a.Form == b.Form
                    && AreSame(a.Arguments, b.Arguments) && AreSame(a.State, b.State) && AreSame(a.Items, b.Items);
            default:
                return left.Equals(right);
        }
    }
}
