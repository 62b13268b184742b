using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Copies and compares the tree of a state; recursion without iterators or paths, since the training thread waits for it.</summary>
internal static class StateTree
{
    /// <summary>A copy of everything but the tensors, which are replaced one by one.</summary>
    /// <param name="node">What to copy.</param>
    /// <param name="tensors">What stands in for the tensors, in the order of <see cref="StateWalk.Collect"/>.</param>
    /// <param name="next">How many tensors have been replaced.</param>
    public static StateValue Copy(StateValue node, TensorData[] tensors, ref int next)
    {
        switch (node)
        {
            case TensorData:
                return tensors[next++];
            case StateMap map:
                var copy = new StateMap();
                foreach (var (key, value) in map)
                {
                    copy.Add(key, Copy(value, tensors, ref next));
                }

                return copy;
            case StateList list:
                var items = new StateValue[list.Count];
                for (var index = 0; index < items.Length; index++)
                {
                    items[index] = Copy(list[index], tensors, ref next);
                }

                return new StateList(items, list.IsTuple);
            case StateObject placeholder:
                var arguments = (StateList)Copy(placeholder.Arguments, tensors, ref next);
                var state = Copy(placeholder.State, tensors, ref next);
                return new StateObject(placeholder.ClassName, arguments, state) { Items = Copy(placeholder.Items, tensors, ref next), Form = placeholder.Form };
            case StateBytes bytes:
                return new StateBytes(bytes.Value.ToArray());
            default:
                return node;
        }
    }

    /// <summary>Whether two trees are the same, tensors not looked at.</summary>
    public static bool AreSame(StateValue left, StateValue right)
    {
        switch (left, right)
        {
            case (TensorData, TensorData):
                return true;
            case (StateMap a, StateMap b):
                return a.Count == b.Count && a.Zip(b).All(pair => pair.First.Key == pair.Second.Key && AreSame(pair.First.Value, pair.Second.Value));
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
